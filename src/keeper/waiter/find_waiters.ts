import { libc } from "../../libc/calling/load.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { orUndefined } from "../../procfs/read.ts";
import { listPids, snapshot } from "../../procfs/processes.ts";
import { isZombie, type ProcStat, readStat } from "../../procfs/stat.ts";
import { readStatus } from "../../procfs/status.ts";
import type { KeptPlace } from "../home.ts";
import { readPageWords } from "./page_words.ts";
import type { FoundWaiters } from "../observe/observed.ts";
import type { Waiters } from "./raise.ts";
import { GUARD_COMM, KEEPER_COMM, waiterDirectoryOf } from "../tree/kept_marks.ts";

/**
 * The living waiters of a directory, found by their names and words: for where no record names them. A process says of itself what
 * it likes; so its user must be root or whoever owns the directory (this user, where it is gone), and the directory the same one as seen by
 * that process.
 */
export function findWaiters(
  directory: string,
  processes: ReadonlyMap<number, ProcStat> = snapshot(),
): FoundWaiters {
  const place = statPath(directory, false);
  const trusted = [0, typeof place === "string" ? libc("geteuid").geteuid() : place.uid];
  let guard: ProcStat | undefined, keeper: ProcStat | undefined;
  for (const stat of processes.values()) {
    const { comm, pid } = stat;
    if ((comm !== KEEPER_COMM && comm !== GUARD_COMM) || isZombie(stat)) continue;
    if (waiterDirectoryOf(pid) !== directory) continue;
    // Not the owner of /proc/PID: that is root for who may not be dumped.
    const owner = orUndefined(readStatus(pid))?.uids;
    if (!owner || !trusted.includes(owner.real) || !trusted.includes(owner.effective)) continue;
    const seen = statPath(`/proc/${pid}/root${directory}`, false);
    // Where that may not be looked at (EACCES), it is another user's, which was asked above.
    const both = typeof place !== "string" && typeof seen !== "string";
    if (both && (seen.inode !== place.inode || seen.device !== place.device)) continue;
    if (comm === KEEPER_COMM) keeper = stat;
    else guard = stat;
  }
  // A guard that has a keeper is its parent. One that has not may be followed by a younger pair.
  if (keeper && guard && keeper.ppid !== guard.pid) guard = processes.get(keeper.ppid) ?? guard;
  guard = guard?.comm === GUARD_COMM ? guard : undefined;
  const acting = keeper ?? guard;
  return { guard, keeper, program: acting && readPageWords(acting.pid)?.program };
}

/** Of waiters that are known, as findWaiters would tell it; undefined where one of them is gone. */
export function stillThere(known: Waiters): FoundWaiters | undefined {
  const [guard, keeper] = [known.guard, known.keeper].map((one) => {
    const stat = one && readStat(one.pid);
    return stat?.startTicks === one?.startTicks && stat && !isZombie(stat) ? stat : undefined;
  });
  if (!keeper || known.guard && !guard) return undefined;
  return { guard, keeper, program: readPageWords(keeper.pid)?.program };
}

/**
 * The directories below `daemons` that living waiters keep: for where those themselves are gone. Waiters have a session of their own,
 * which is asked for at a fiftieth of what reading a name costs.
 */
export function keptByLiving(daemons: string): string[] {
  const { getsid } = libc("getsid");
  const found = new Set<string>();
  const pids = new Set(listPids());
  for (const pid of pids) {
    const session = getsid(pid);
    const leads = session === pid || session > 0 && !pids.has(session);
    const comm = leads ? readTextOrNothing(`/proc/${pid}/comm`) : undefined;
    if (comm !== `${KEEPER_COMM}\n` && comm !== `${GUARD_COMM}\n`) continue;
    const directory = waiterDirectoryOf(pid);
    if (directory?.startsWith(`${daemons}/`)) found.add(directory);
  }
  return [...found].sort();
}

/**
 * One look at /proc for a command that starts many. It tells only who has no waiters: where it saw some, a search is made anew. Whoever has begun since holds the lock of the daemon's file.
 */
export class FirstSearch {
  private kept: ReadonlySet<string> | undefined;

  /** All are of one home. */
  of({ home, directory }: KeptPlace): FoundWaiters {
    this.kept ??= new Set(keptByLiving(`${home}/daemons`));
    return this.kept.has(directory) ? findWaiters(directory) : {};
  }
}
