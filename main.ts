import { runtime } from "./src/runtime/mod.ts";
import { runCommandLine } from "./src/cli/run.ts";
import { COMMANDS } from "./src/commands/registry.ts";
import { VERSION } from "./src/version.ts";

// The only place that exits.
runtime.exit(await runCommandLine(runtime.args(), COMMANDS, VERSION));
