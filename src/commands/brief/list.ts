import { listCommand } from "../list/command.ts";
import { runBrief } from "./run.ts";

await runBrief(listCommand);
