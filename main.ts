import { COMMANDS, standInFor } from "./src/commands/registry.ts";
import { isSecureExecution } from "./src/libc/users/secure_execution.ts";
import { runtime } from "./src/runtime/mod.ts";

if (isSecureExecution()) await refuseForeignRights();

const given = runtime.args();
const words = given.some((word) => word.includes("\uFFFD")) ? await exactWords() : given;
const standIn = standInFor(runtime.invokedAs());

// The only place that exits. What not every run needs is imported when it is needed: each file costs start-up.
if (!standIn && words[0] === "process-child") await child(words);
else if (!standIn && words[0] === "thread-child") await thread();
else await exitWith(standIn ?? (isVersionAsked(words) ? version : run));

/** The runtimes lose bytes that are no UTF-8, and show where. */
async function exactWords(): Promise<string[]> {
  const { callersWords } = await import("./src/libc/processes/process_image.ts");
  return callersWords();
}

/** Before anything else looks at what the caller could have prepared. */
async function refuseForeignRights(): Promise<void> {
  const { reportForeignRights } = await import("./src/cli/foreign_rights.ts");
  const code = await reportForeignRights();
  if (code !== undefined) runtime.exit(code);
}

async function exitWith(start: (words: string[]) => Promise<number | undefined>): Promise<void> {
  const code = await start(words);
  // A program that goes on by itself has its own status.
  if (code !== undefined) runtime.exit(code);
}

function isVersionAsked([first, ...others]: string[]): boolean {
  return (first === "--version" || first === "-V") && others.length === 0;
}

async function version(): Promise<number> {
  const { printVersion } = await import("./src/cli/version.ts");
  return await printVersion();
}

async function run(words: string[]): Promise<number | undefined> {
  const { runCommandLine } = await import("./src/cli/run.ts");
  return await runCommandLine(words, COMMANDS);
}

/** What the library for multiprocessing starts; not waited for, since it ends when nothing is left to do. */
async function child(words: string[]): Promise<void> {
  const { childMain } = await import("./src/child.ts");
  childMain(words);
}

/** What the library starts as a thread, in the executable. */
async function thread(): Promise<void> {
  const { threadMain } = await import("./src/child.ts");
  await threadMain();
}
