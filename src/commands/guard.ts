import { UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Command, Values } from "../cli/options.ts";
import { endGuarded, pipeClosed } from "../termination/guard_process.ts";
import { removeTree } from "../libc/descriptors/directory.ts";

export const guardCommand: Command = {
  name: "guard",
  usage: ["guard TAG ID [CGROUP [DIRECTORY]]"],
  description: [
    "Started by imp itself, and by nobody else: ends what an imp that was killed had started.",
  ],
  options: [],
  examples: [],
  run,
};

async function run(
  _values: Values,
  [tag, id, cgroup, directory]: string[],
): Promise<number> {
  if (!tag || !id) throw new UsageError("nothing given to guard");
  pipeClosed();
  await endGuarded(tag, id, cgroup || undefined);
  if (directory !== undefined) removeTree(directory);
  return EXIT.done;
}
