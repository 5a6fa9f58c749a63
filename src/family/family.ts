import { maySignal } from "../libc/processes/signals.ts";
import { snapshot } from "../procfs/processes.ts";
import { isZombie, type ProcStat } from "../procfs/stat.ts";

/** Why an existing process cannot be seen. */
export const HIDDEN = "/proc hides other users' processes (hidepid); ask root";

/**
 * All processes of one reading, by their relations. A reading is not one moment: a parent may be missing, and a PID may
 * have been reused in between, so parents may even seem to descend from their children.
 */
export class Family {
  private readonly byParent = new Map<number, ProcStat[]>();
  private readonly bySession = new Map<number, ProcStat[]>();
  private readonly byGroup = new Map<number, ProcStat[]>();

  /** @param conceals whether a process exists that /proc hides from this user (hidepid) */
  constructor(
    readonly all: ReadonlyMap<number, ProcStat>,
    private readonly conceals: (pid: number) => boolean = () => false,
  ) {
    for (const one of all.values()) {
      push(this.byParent, one.ppid, one);
      push(this.bySession, one.sid, one);
      push(this.byGroup, one.pgid, one);
    }
  }

  /** Everything that /proc shows now. */
  static read(): Family {
    return new Family(snapshot(), (pid) => !maySignal(pid));
  }

  get(pid: number): ProcStat | undefined {
    return this.all.get(pid);
  }

  /** In order of PID, like everything here. */
  children(pid: number): readonly ProcStat[] {
    return this.byParent.get(pid) ?? [];
  }

  session(sid: number): readonly ProcStat[] {
    return this.bySession.get(sid) ?? [];
  }

  group(pgid: number): readonly ProcStat[] {
    return this.byGroup.get(pgid) ?? [];
  }

  /** Session numbers, in order; 0 stands for kernel threads and sessions outside our PID namespace. */
  sessions(): number[] {
    return [...this.bySession.keys()].sort((a, b) => a - b);
  }

  /** Its parent, that one's parent and so on. */
  ancestors(pid: number): ProcStat[] {
    const found: ProcStat[] = [];
    const seen = new Set([pid]);
    for (let next = this.parent(pid); next && !seen.has(next.pid); next = this.parent(next.pid)) {
      seen.add(next.pid);
      found.push(next);
    }
    return found;
  }

  /** Children, their children and so on, without the process itself; parents before children. */
  descendants(pid: number): ProcStat[] {
    const found: ProcStat[] = [];
    const seen = new Set([pid]);
    for (let i = -1; i < found.length; i++) {
      for (const child of this.children(i < 0 ? pid : found[i].pid)) {
        if (seen.has(child.pid)) continue;
        seen.add(child.pid);
        found.push(child);
      }
    }
    return found;
  }

  /**
   * The process that leads the session; undefined if it has ended. A leader's PID is not reused while its session
   * exists.
   */
  sessionLeader(sid: number): ProcStat | undefined {
    return living(this.all.get(sid), (one) => one.sid === sid);
  }

  groupLeader(pgid: number): ProcStat | undefined {
    return living(this.all.get(pgid), (one) => one.pgid === pgid);
  }

  /**
   * Whether a process exists although it is missing here: another user's, if /proc is mounted with hidepid. Also for
   * sessions and groups: their number is not reused while they exist.
   */
  isHidden(pid: number): boolean {
    return pid > 0 && !this.all.has(pid) && this.conceals(pid);
  }

  private parent(pid: number): ProcStat | undefined {
    const one = this.all.get(pid);
    return one && this.all.get(one.ppid);
  }
}

function living(one: ProcStat | undefined, leads: (one: ProcStat) => boolean) {
  return one && leads(one) && !isZombie(one) ? one : undefined;
}

function push(map: Map<number, ProcStat[]>, key: number, value: ProcStat): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
