import { statusCommand } from "../status/command.ts";
import { runBrief } from "./run.ts";

await runBrief(statusCommand);
