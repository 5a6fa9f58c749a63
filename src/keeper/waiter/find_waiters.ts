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
 * Finds the living waiters of a directory by their names and words, for when no record names them. A process can claim
 * anything about itself; so its user must be root or the directory's owner (this user, if it is gone), and the
 * directory must be the same one as seen by that process.
 */
export function findWaiters(directory: string): FoundWaiters {
  const processes = snapshot();
  const place = statPath(directory, false);
  const trusted = [0, typeof place === "string" ? libc("geteuid").geteuid() : place.uid];
  let guard: ProcStat | undefined, keeper: ProcStat | undefined;
  for (const stat of processes.values()) {
    const { comm, pid } = stat;
    if ((comm !== KEEPER_COMM && comm !== GUARD_COMM) || isZombie(stat)) continue;
    if (waiterDirectoryOf(pid) !== directory) continue;
    // Not the owner of /proc/PID: that is root for processes that may not be dumped.
    const owner = orUndefined(readStatus(pid))?.uids;
    if (!owner || !trusted.includes(owner.real) || !trusted.includes(owner.effective)) continue;
    const seen = statPath(`/proc/${pid}/root${directory}`, false);
    // If that may not be examined (EACCES), the process is another user's, which was checked above.
    const both = typeof place !== "string" && typeof seen !== "string";
    if (both && (seen.inode !== place.inode || seen.device !== place.device)) continue;
    if (comm === KEEPER_COMM) keeper = stat;
    else guard = stat;
  }
  // A guard with a keeper is its parent. A guard without one may be followed by a younger pair.
  if (keeper && guard && keeper.ppid !== guard.pid) guard = processes.get(keeper.ppid) ?? guard;
  guard = guard?.comm === GUARD_COMM ? guard : undefined;
  const acting = keeper ?? guard;
  return { guard, keeper, program: acting && readPageWords(acting.pid)?.program };
}

/** Known waiters, in the form of findWaiters; undefined if one of them is gone. */
export function stillThere(known: Waiters): FoundWaiters | undefined {
  const [guard, keeper] = [known.guard, known.keeper].map((one) => {
    const stat = one && readStat(one.pid);
    return stat?.startTicks === one?.startTicks && stat && !isZombie(stat) ? stat : undefined;
  });
  if (!keeper || known.guard && !guard) return undefined;
  return { guard, keeper, program: readPageWords(keeper.pid)?.program };
}

/**
 * The directories below `daemons` that living waiters keep, for when the directories themselves are gone. Waiters have
 * their own session, and asking for it costs a fiftieth of reading a name.
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
 * One look at /proc for a command that starts many. It only proves that a daemon has no waiters: if it saw any, another
 * search is made. Waiters started since then hold the lock of the daemon's file.
 */
export class FirstSearch {
  private kept: ReadonlySet<string> | undefined;

  /** All are of one home. */
  of({ home, directory }: KeptPlace): FoundWaiters {
    this.kept ??= new Set(keptByLiving(`${home}/daemons`));
    return this.kept.has(directory) ? findWaiters(directory) : {};
  }
}
