import { watchCommand } from "../watch/command.ts";
import { runBrief } from "./run.ts";

export default await runBrief(watchCommand);
