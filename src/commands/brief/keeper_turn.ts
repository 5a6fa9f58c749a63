import { keeperTurnCommand } from "../keeper_turn.ts";
import { runBrief } from "./run.ts";

export default await runBrief(keeperTurnCommand);
