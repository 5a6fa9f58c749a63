import { runtime } from "./src/runtime/mod.ts";

const words = runtime.args();

// The only place that exits. What most runs do not need is imported when it is needed: each file costs start-up.
runtime.exit(isVersionAsked(words) ? await version() : await run(words));

function isVersionAsked([first]: string[]): boolean {
  return first === "--version" || first === "-V";
}

async function version(): Promise<number> {
  const { printVersion } = await import("./src/cli/version.ts");
  return await printVersion();
}

async function run(words: string[]): Promise<number> {
  const { runCommandLine } = await import("./src/cli/run.ts");
  const { COMMANDS, standInFor } = await import("./src/commands/registry.ts");
  const standIn = standInFor(runtime.invokedAs());
  return await (standIn?.(words) ?? runCommandLine(words, COMMANDS));
}
