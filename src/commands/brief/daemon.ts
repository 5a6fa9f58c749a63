import { daemonCommand } from "../daemon/command.ts";
import { runBrief } from "./run.ts";

export default await runBrief(daemonCommand);
