import { printable } from "../../cli/printable.ts";
import { describeEnding, exitStatusOf } from "../../libc/processes/wait.ts";
import { signalName } from "../../libc/processes/signals.ts";
import type { Zombie, ZombieReport } from "../../family/zombies.ts";

// docs/zombies-and-orphans.md describes these objects: names are only ever added.

export function zombiesJson(
  { count, others, pids, parents }: ZombieReport,
): Record<string, unknown> {
  return {
    count,
    others,
    pids: { held: count, used: pids.used, max: pids.max, group: pids.group },
    parents: parents.map(({ pid, parent, cause, count, zombies }) => {
      const { pid: _, kernelThread: __, ...facts } = parent ?? { pid, kernelThread: false };
      return {
        pid,
        seen: parent !== null,
        count,
        ...facts,
        ...cause,
        zombies: zombies.map(zombieJson),
      };
    }),
  };
}

function zombieJson({ ending, ...zombie }: Zombie): Record<string, unknown> {
  return {
    ...zombie,
    endedAt: zombie.endedAgo === null ? null : Date.now() - zombie.endedAgo,
    // As a shell would show it.
    status: ending && exitStatusOf(ending),
    signal: ending?.how === "signal" ? signalName(ending.signal) : null,
    coreDumped: ending?.how === "signal" && ending.core,
    ending: ending && printable(describeEnding(ending)),
  };
}
