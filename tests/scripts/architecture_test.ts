import { assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);
const text = await Deno.readTextFile(new URL("docs/architecture.md", root));
const paths = ["src", "scripts", "tests"].flatMap((folder) => [`${folder}/`, ...below(folder)]);

function* below(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    yield `${folder}/${name}${isDirectory ? "/" : ""}`;
    if (isDirectory) yield* below(`${folder}/${name}`);
  }
}

/** The files and folders that some lines name. */
function named(lines: string): string[] {
  return [...lines.matchAll(/`([\w./]+(?:\.ts|\/))`/g)].map(([, name]) => name)
    .filter((name) => !name.includes("VERB"));
}

Deno.test("architecture.md: every file and folder that it names exists", () => {
  const missing = named(text).filter((name) =>
    name !== "main.ts" && !paths.some((path) => path === name || path.endsWith(`/${name}`))
  );
  assertEquals(missing, []);
});

Deno.test("architecture.md: a table below `In FOLDER:` names paths from there", () => {
  const tables = text.matchAll(/\bIn\s`([\w/]+\/)`:\n\n((?:\|.*\n)+)/g);
  const wrong = [...tables].flatMap(([, folder, table]) => {
    const from = folder.startsWith("src/") ? folder : `src/${folder}`;
    return named(table.replaceAll(/^(\|[^|]*\|).*$/gm, "$1")).filter((name) =>
      ![from, "src/"].some((start) => paths.includes(start + name))
    ).map((name) => from + name);
  });
  assertEquals(wrong, []);
});
