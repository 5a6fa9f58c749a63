import { keeperTurnCommand } from "../keeper_turn.ts";
import { runBrief } from "./run.ts";

await runBrief(keeperTurnCommand);
