/** imp run from a clone, for the end-to-end tests that also run this way. */
import { check, type Context, type Work } from "./test_work.ts";

/**
 * The ways to run it, and their tests: everything in which a compiled executable finds imp's own modules, which have no
 * paths there.
 */
export const SOURCE_TESTS = {
  "from source under Bun": testsOf(
    "daemon",
    "from_source/library",
    "inspect",
    "pool",
    "run",
  ),
  "from source under Deno": testsOf("daemon", "from_source/library", "inspect", "pool", "run"),
  "compiled by Bun alone": testsOf("multiprocessing_shared", "orphans", "run"),
};
export type Kind = keyof typeof SOURCE_TESTS;

/** What a clone needs in order to run. */
const NEEDED = ["package.json", "deno.json", "deno.lock", "tsconfig.json", "bun.lock", "src"];

/** The program that tests start as imp. */
export function programOf(kind: Kind, context: Context): string {
  return `${folderOf(context)}/${kind}/imp`;
}

/** The copy of the clone. */
export function cloneOf(context: Context): string {
  return `${folderOf(context)}/clone`;
}

/**
 * Copies the clone without build results and installed packages, then adds its packages and the programs of {@link
 * programOf}.
 */
export const makeClone: Work = async (place, context) => {
  const clone = cloneOf(context), main = `${clone}/main.ts`;
  await Deno.mkdir(clone, { recursive: true });
  const { bun } = context;
  await makeLaunchers(programOf("from source under Bun", context), [bun], main);
  const deno = [Deno.execPath(), "run", "-A", "--quiet"];
  await makeLaunchers(programOf("from source under Deno", context), deno, main);
  const compiled = programOf("compiled by Bun alone", context);
  const steps = [
    ["cp", "-R", "main.ts", ...NEEDED, clone],
    [bun, "install", "--cwd", clone, "--frozen-lockfile", "--ignore-scripts", "--no-progress"],
    [bun, "build", "--compile", main, `--outfile=${compiled}`],
  ];
  // Each word of a step arrives unchanged, and the script stops at the first step that fails.
  const script = steps.map((words) => words.map(quoted).join(" ")).join(" && ");
  return await check("sh", ["-c", script])(place, context);
};

function folderOf({ work }: Context): string {
  return `${work}/source`;
}

/**
 * Tests know imp by one path, and shells by one variable: programs that stand for several words. `runtime` is placed
 * beside it.
 */
async function makeLaunchers(imp: string, runtime: string[], main: string): Promise<void> {
  const folder = imp.slice(0, imp.lastIndexOf("/"));
  await Deno.mkdir(folder, { recursive: true });
  await makeLauncher(imp, [...runtime, main]);
  await makeLauncher(`${folder}/runtime`, runtime);
}

async function makeLauncher(path: string, words: readonly string[]): Promise<void> {
  const text = `#!/bin/sh\nexec ${words.map(quoted).join(" ")} "$@"\n`;
  await Deno.writeTextFile(path, text, { mode: 0o755 });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function testsOf(...names: string[]): string[] {
  return names.map((name) => `tests/e2e/${name}_test.ts`);
}
