import { UsageError } from "../base/errors.ts";
import type { Command } from "../cli/options.ts";
import { keeperTurn } from "../keeper/turn/turn.ts";

interface KeeperTurnRequest {
  readonly directory: string;
}

export const keeperTurnCommand: Command<KeeperTurnRequest> = {
  name: "keeper-turn",
  usage: ["keeper-turn DIRECTORY"],
  description: [
    "Started by the keeper of a daemon, and by nobody else: looks at what has happened, and does what there is to do.",
  ],
  options: [],
  examples: [],
  request(_given, [directory]) {
    if (!directory?.startsWith("/")) throw new UsageError("no directory of a daemon given");
    return { directory };
  },
  run: ({ directory }) => keeperTurn(directory),
};
