import { UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Command } from "../cli/options.ts";
import { endGuarded, pipeClosed } from "../termination/guard_process.ts";
import { removeTree } from "../libc/descriptors/directory.ts";

export const guardCommand: Command<GuardRequest> = {
  name: "guard",
  usage: ["guard TAG ID SINCE [CGROUP [DIRECTORY]]"],
  description: [
    "Started by imp itself: ends what an imp that was killed had started.",
  ],
  options: [],
  examples: [],
  request: guardRequest,
  run,
};

interface GuardRequest {
  readonly tag: string;
  readonly id: string;
  readonly since?: string;
  readonly cgroup?: string;
  readonly directory?: string;
}

function guardRequest(
  _given: unknown,
  [tag, id, since, cgroup, directory]: readonly string[],
): GuardRequest {
  if (!tag || !id) throw new UsageError("nothing given to guard");
  return { tag, id, since, cgroup: cgroup || undefined, directory };
}

async function run({ tag, id, since, cgroup, directory }: GuardRequest): Promise<number> {
  pipeClosed();
  await endGuarded(tag, id, since, cgroup);
  if (directory !== undefined) await remove(directory);
  return EXIT.done;
}

/** A worker's directory tells what else to remove. */
async function remove(directory: string): Promise<void> {
  const { isOfWorker, removeAfterDeath } = await import("../hosts/files/after_death.ts");
  if (isOfWorker(directory)) removeAfterDeath(directory);
  else removeTree(directory);
}
