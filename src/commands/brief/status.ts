import { statusCommand } from "../status/command.ts";
import { runBrief } from "./run.ts";

export default await runBrief(statusCommand);
