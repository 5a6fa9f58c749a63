import { UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Command, Values } from "../cli/options.ts";
import { endGuarded } from "../group/guard_process.ts";

export const guardCommand: Command = {
  name: "guard",
  usage: ["guard TAG ID [CGROUP]"],
  description: [
    "Started by imp itself, and by nobody else: ends what an imp that was killed had started.",
  ],
  options: [],
  examples: [],
  run,
};

async function run(_values: Values, [tag, id, cgroup]: string[]): Promise<number> {
  if (!tag || !id) throw new UsageError("nothing given to guard");
  await endGuarded(tag, id, cgroup);
  return EXIT.done;
}
