import { initCommand } from "../init/command.ts";
import { runBrief } from "./run.ts";

export default await runBrief(initCommand);
