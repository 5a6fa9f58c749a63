// What `imp run --init` writes, and what it says about existing files. Pure.

/** What exists at the path of a file to be written. */
export type Occupant =
  | { readonly is: "none" }
  | { readonly is: "file"; readonly text: string }
  /** @field why in words: not a plain file */
  | { readonly is: "other"; readonly why: string };

/** What to do about one file. */
export type Step =
  | { readonly do: "create"; readonly name: string; readonly text: string }
  | { readonly do: "replace"; readonly name: string; readonly text: string }
  | { readonly do: "keep"; readonly name: string; readonly says: string }
  /** @field add what the user should add to a file that imp leaves alone */
  | { readonly do: "leave"; readonly name: string; readonly why: string; readonly add?: string };

export interface Folder {
  standing(name: string): Occupant;
  /** Whether it already has a program. */
  readonly hasPrograms: boolean;
}

export const TYPES_FILE = "imp.d.ts";
const EXAMPLE_FILE = "example.ts";

const TSCONFIG = `{
  "compilerOptions": {
    "target": "ESNext",
    "lib": ["ESNext", "DOM", "DOM.AsyncIterable"],
    "module": "Preserve",
    "moduleResolution": "Bundler",
    "moduleDetection": "force",
    "allowImportingTsExtensions": true,
    "noEmit": true,
    "strict": true
  }
}
`;

const DENO_JSON = `{
  "imports": { "imp:multiprocessing": "./${TYPES_FILE}" },
  "compilerOptions": { "types": ["./${TYPES_FILE}"] }
}
`;

export const EXAMPLE = `// imp run ${EXAMPLE_FILE} 3 4 5
import { Pool } from "imp:multiprocessing";

/** Runs in a worker: what another process calls is exported. */
export function square(x: number): number {
  return x * x;
}

export async function main(...words: string[]): Promise<void> {
  await using pool = new Pool(2);
  console.log(await pool.map(square, words.map(Number)));
}
`;

/** @param types text of imp.d.ts @param mark the first words of every imp.d.ts written by imp */
export function initSteps(folder: Folder, types: string, mark: string): Step[] {
  const deno = folder.standing("deno.json").is === "none" &&
      folder.standing("deno.jsonc").is !== "none"
    ? "deno.jsonc"
    : "deno.json";
  return [
    typesStep(folder.standing(TYPES_FILE), types, mark),
    settingsStep("tsconfig.json", folder.standing("tsconfig.json"), TSCONFIG, includesTypes, {
      why: "it lists its files, but not imp.d.ts",
      add: `"${TYPES_FILE}" to "include" or "files"`,
    }),
    settingsStep(deno, folder.standing(deno), DENO_JSON, namesLibrary, {
      why: "it does not name the library",
      add: DENO_JSON.split("\n").slice(1, -2).map((line) => line.trim()).join(" "),
    }),
    ...exampleSteps(folder),
  ];
}

function typesStep(standing: Occupant, text: string, mark: string): Step {
  const name = TYPES_FILE;
  if (standing.is === "none") return { do: "create", name, text };
  if (standing.is === "other") return { do: "leave", name, why: standing.why };
  if (standing.text === text) return { do: "keep", name, says: "up to date" };
  if (standing.text.startsWith(mark)) return { do: "replace", name, text };
  const why = "imp did not write it, as its first line shows";
  return { do: "leave", name, why, add: "what 'imp run --types' prints, to another .d.ts file" };
}

function settingsStep(
  name: string,
  standing: Occupant,
  text: string,
  isGood: (text: string) => boolean,
  lacking: { why: string; add: string },
): Step {
  if (standing.is === "none") return { do: "create", name, text };
  if (standing.is === "other") return { do: "leave", name, why: standing.why };
  return isGood(standing.text)
    ? { do: "keep", name, says: "kept as it is" }
    : { do: "leave", name, ...lacking };
}

/** Without a list of files, a tsconfig.json includes its whole folder. */
function includesTypes(text: string): boolean {
  const bare = withoutComments(text);
  return bare.includes(`${TYPES_FILE}"`) || !/"(?:include|files)"\s*:/.test(bare);
}

function namesLibrary(text: string): boolean {
  const bare = withoutComments(text);
  return bare.includes('"imp:multiprocessing"') || bare.includes(`${TYPES_FILE}"`);
}

/** Removes comments of JSONC; what looks like one inside a string is kept. */
function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\]|\\.)*")|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, string) => string ?? "",
  );
}

/** For a folder without programs. */
function exampleSteps(folder: Folder): Step[] {
  if (folder.hasPrograms || folder.standing(EXAMPLE_FILE).is !== "none") return [];
  return [{ do: "create", name: EXAMPLE_FILE, text: EXAMPLE }];
}
