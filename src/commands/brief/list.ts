import { listCommand } from "../list/command.ts";
import { runBrief } from "./run.ts";

export default await runBrief(listCommand);
