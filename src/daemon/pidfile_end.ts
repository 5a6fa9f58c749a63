// Ending a daemon known by its pidfile.
import { splitPath } from "../base/split_path.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../libc/machine.ts";
import { ImpError } from "../base/errors.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { readStat } from "../procfs/stat.ts";
import { FollowedTree } from "../termination/tagged_tree.ts";
import { isRunning, type ProcessIdentity } from "../termination/identity.ts";
import type { StopSchedule } from "../termination/schedule.ts";
import type { Look, Scope } from "../termination/scope.ts";
import { Termination } from "../termination/termination.ts";
import { type PidfilePlace, readHead } from "./lock_file.ts";
import { type PidfileDaemon, readPidfileDaemon } from "./pidfile_daemon.ts";
import { releaseLock, takeLock } from "./pidfile_lock.ts";
import { parsePid } from "./pidfile_state.ts";

/** One with something to end. */
export type PresentPidfileDaemon = PidfileDaemon & { readonly is: "running" | "held" };

/** The process tree of such a daemon. */
export class PidfileTree {
  private readonly roots: ProcessIdentity[];
  private readonly sessions: readonly number[];
  private readonly followed = new FollowedTree(() => ({
    roots: this.roots,
    sessions: this.sessions,
  }));

  /**
   * Who belongs to it: its process with all descendants and, if `imp daemon` made it, its whole session and whoever
   * inherited its lock. No subreaper collects its orphans: a child with its own session and without the lock is found
   * only while its parent runs, or if an earlier look has seen it.
   */
  constructor(private readonly daemon: PresentPidfileDaemon) {
    this.roots = daemon.is === "running" ? [daemon.process] : [...daemon.holders];
    this.sessions = daemon.own ? this.roots.flatMap(sessionOf) : [];
  }

  readonly scope = (processes: Look): Scope => this.followed.scope(processes);

  termination(schedule: StopSchedule): Termination {
    return new Termination(this.scope, schedule, { isProven: () => !this.hasHolders() });
  }

  /** Whoever holds its lock belongs to it, wherever it hides. */
  private hasHolders(): boolean {
    const { path, own } = this.daemon;
    const now = own ? readPidfileDaemon(path) : undefined;
    if (now?.is !== "held" || now.holders.length === 0) return false;
    this.roots.push(...now.holders);
    return true;
  }
}

/**
 * Removes the pidfile of an ended daemon of `imp daemon`, unless another one has been started meanwhile. The lock
 * beside it stays: a new daemon may take it at any moment.
 */
export function removeStalePidfile({ path, own }: PidfileDaemon): void {
  if (!own) return;
  const [folder, name] = splitPath(path);
  const directory = tryOpen(folder, O_RDONLY | O_DIRECTORY);
  if (directory < 0) return;
  try {
    const place: PidfilePlace = { path, name, directory, check: () => {} };
    const lock = takeLock(place);
    if (isStale(place)) scratch(() => libc("unlinkat").unlinkat(directory, cString(name), 0));
    releaseLock(lock, place);
  } catch (error) {
    // It runs again, or is another user's: the next start takes the file over.
    if (!(error instanceof ImpError)) throw error;
  } finally {
    closeFile(directory);
  }
}

function isStale({ directory, name }: PidfilePlace): boolean {
  const fd = tryOpen(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, directory);
  if (fd < 0) return false;
  const pid = parsePid(readHead(fd));
  closeFile(fd);
  const process = pid === undefined ? undefined : readStat(pid);
  return pid !== undefined && (!process || !isRunning(process));
}

/** Only a session that its process does not share with imp's caller. */
function sessionOf({ pid }: ProcessIdentity): number[] {
  const sid = readStat(pid)?.sid ?? 0;
  return sid > 0 && sid !== readStat("self")?.sid ? [sid] : [];
}
