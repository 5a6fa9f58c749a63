import { runtime } from "./src/runtime/mod.ts";
import { runCommandLine } from "./src/cli/run.ts";
import { COMMANDS, standInFor } from "./src/commands/registry.ts";
import { VERSION } from "./src/version.ts";

const standIn = standInFor(runtime.invokedAs());
const words = runtime.args();

// The only place that exits.
runtime.exit(await (standIn?.(words) ?? runCommandLine(words, COMMANDS, VERSION)));
