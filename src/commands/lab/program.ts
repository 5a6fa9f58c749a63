import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { GOES_ON } from "../../lab/program.ts";
import { findPart } from "../../lab/programs/mod.ts";

interface ProgramRequest {
  readonly id: string;
  readonly part: string;
  readonly args: readonly string[];
}

export const labProgramCommand: Command<ProgramRequest> = {
  name: "lab-program",
  usage: ["lab-program ID PART [ARG...]"],
  description: ["For `imp lab`: is one of the processes of a scenario."],
  options: [],
  examples: [],
  request: (_given, [id = "", part = "", ...args]) => ({ id, part, args }),
  run: async ({ id, part, args }) => {
    const play = await findPart(id, part);
    if (!play) throw new UsageError(`no scenario has a part '${id} ${part}'`);
    const outcome = await play(...args);
    return outcome === GOES_ON ? undefined : outcome ?? EXIT.done;
  },
};
