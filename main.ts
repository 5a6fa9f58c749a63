import { COMMANDS, standInFor } from "./src/commands/registry.ts";
import { runtime } from "./src/runtime/mod.ts";

const words = runtime.args();
const standIn = standInFor(runtime.invokedAs());

// The only place that exits. What not every run needs is imported when it is needed: each file costs start-up.
runtime.exit(await (standIn ?? (isVersionAsked(words) ? version : run))(words));

function isVersionAsked([first]: string[]): boolean {
  return first === "--version" || first === "-V";
}

async function version(): Promise<number> {
  const { printVersion } = await import("./src/cli/version.ts");
  return await printVersion();
}

async function run(words: string[]): Promise<number> {
  const { runCommandLine } = await import("./src/cli/run.ts");
  return await runCommandLine(words, COMMANDS);
}
