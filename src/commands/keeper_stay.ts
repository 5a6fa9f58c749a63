import { UsageError } from "../base/errors.ts";
import type { Command } from "../cli/options.ts";
import { stayAsWaiter } from "../keeper/waiter/resident.ts";
import { rawWords } from "../libc/processes/process_image.ts";

interface KeeperStayRequest {
  readonly role: "guard" | "keeper";
  readonly turn: readonly string[];
}

export const keeperStayCommand: Command<KeeperStayRequest> = {
  name: "keeper-stay",
  usage: ["keeper-stay guard|keeper -- WORDS"],
  description: [
    "Started by imp itself, and by nobody else: waits for a kept daemon where no smaller program may be executed.",
  ],
  options: [],
  examples: [],
  request: (_given, [role, ...words]) => {
    const turn = words[0] === "--" ? words.slice(1) : words;
    if (role !== "guard" && role !== "keeper" || turn.length === 0) {
      throw new UsageError("nothing given to wait for");
    }
    return { role, turn };
  },
  run: ({ role, turn }) => stayAsWaiter(role, rawWords(turn)),
};
