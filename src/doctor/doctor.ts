import { Family } from "../family/family.ts";
import { readPidRoom } from "../family/pid_room.ts";
import { readZombies } from "../family/zombies.ts";
import { libc } from "../libc/calling/load.ts";
import { readStatus } from "../procfs/status.ts";
import { orUndefined } from "../procfs/read.ts";
import { judgeCgroups, readCgroupFacts } from "./cgroups.ts";
import { judgeFirstProcess, judgeReaping, readFirstProcess, tryReaping } from "./reaping.ts";
import type { Finding } from "./finding.ts";
import {
  corePatternFinding,
  judgePidRoom,
  judgeUserNamespaces,
  pidfdFinding,
  procFinding,
  readUserNamespaces,
  seccompFinding,
} from "./kernel.ts";
import { limitFindings } from "./limits.ts";
import { logoutFindings } from "./login.ts";
import { judgeKeptDaemons, readKept } from "./kept.ts";
import { judgePidfiles, readPidfiles } from "./pidfiles.ts";
import { judgeWaiters, readWaiterFacts } from "./waiters.ts";

/** Everything about this host that affects daemons. */
export async function examine(): Promise<Finding[]> {
  const c = libc("getuid", "geteuid");
  const uid = c.getuid();
  const reaping = judgeReaping(await tryReaping());
  const family = Family.read();
  return [
    ...reaping,
    judgeFirstProcess(readFirstProcess()),
    procFinding(c.geteuid() === 0),
    zombieFinding(readZombies([], Infinity, family)),
    judgePidRoom(readPidRoom(family)),
    judgeCgroups(readCgroupFacts()),
    judgeUserNamespaces(readUserNamespaces()),
    seccompFinding(),
    pidfdFinding(),
    ...logoutFindings(uid),
    ...limitFindings(tasksOf(uid, family), c.geteuid() === 0),
    corePatternFinding(),
    judgePidfiles(readPidfiles(family)),
    judgeWaiters(readWaiterFacts()),
    judgeKeptDaemons(readKept()),
  ];
}

/** A zombie is normal for a moment; a lasting one is not. */
function zombieFinding({ count, parents }: ReturnType<typeof readZombies>): Finding {
  const OLD_MS = 10_000;
  const old = parents.flatMap(({ zombies }) => zombies)
    .filter(({ endedAgo }) => endedAgo === null || endedAgo > OLD_MS).length;
  return {
    check: "zombies",
    grade: old > 0 ? "warning" : "good",
    fact: old > 0
      ? `${old} ${old === 1 ? "zombie that stays" : "zombies that stay"}`
      : count > 0
      ? `${count} ${count === 1 ? "zombie" : "zombies"}, just ended`
      : "no zombies",
    meaning: old > 0
      ? "each keeps a PID until its parent waits for it or ends"
      : "every parent waits for its children",
    ...(old > 0 ? { advice: "imp zombies says whose they are and what helps" } : {}),
    data: { count, old },
  };
}

/** Processes and threads that count against the user's limit. */
function tasksOf(uid: number, family: Family): number {
  let tasks = 0;
  for (const { pid, threads } of family.all.values()) {
    if (orUndefined(readStatus(pid))?.uids.real === uid) tasks += Math.max(1, threads);
  }
  return tasks;
}
