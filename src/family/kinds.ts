import type { ParentFacts } from "../inspect/facts.ts";
import { classify } from "../inspect/classify.ts";
import type { ProcessKind } from "../inspect/kind.ts";
import { isAdopted, isKernelThread, type ParentProgram, parentRole } from "../inspect/role.ts";
import { type ProcessSummary, readSummary, type SignalNames } from "../inspect/program.ts";
import { groupShellOf, isStoppedProcess, type KindFacts } from "../inspect/situation.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { signalName } from "../libc/processes/signals.ts";
import { mainCgroup, readCgroup } from "../procfs/cgroup.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { describeFile, type OpenFile } from "../procfs/fds.ts";
import { orUndefined, readProcLink, Unreadable } from "../procfs/read.ts";
import { isZombie, type ProcStat } from "../procfs/stat.ts";
import { type ProcStatus, readStatus } from "../procfs/status.ts";
import { ttyName } from "../procfs/terminals.ts";
import type { Family } from "./family.ts";

/**
 * Says of thousands of processes what `imp inspect` says of one. Only what the answer depends on is read: for most that
 * is nothing beyond the family itself.
 */
export class Kinds {
  private readonly programs = new Map<number, ProcessSummary | undefined>();
  private readonly parents = new Map<number, ParentProgram>();
  private readonly terminals = new Map<number, string | null>();
  private readonly names = new Map<string, ProcessKind>();
  private readonly strayGroups = new Map<string, ProcessSummary[]>();

  constructor(readonly family: Family) {}

  /** With the evidence, for which more must be read. */
  of(stat: ProcStat): ProcessKind {
    return this.classify(stat, new LazyFacts(stat, this));
  }

  /** Only what it is: of thousands, nobody reads the evidence. */
  nameOf(stat: ProcStat): Pick<ProcessKind, "kind" | "title"> {
    const { pid, ppid, pgid, sid, state } = stat;
    if (
      stat.ttyNumber !== 0 || sid === pid || pid === 1 || isZombie(stat) || isKernelThread(stat)
    ) {
      return this.classify(stat, new DecidingFacts(stat, this));
    }
    // Without a terminal, what leads no session is what its like are: siblings in one session.
    const like = `${ppid} ${sid} ${pgid === sid} ${isStoppedProcess({ state }) ? state + pid : ""}`;
    let name = this.names.get(like);
    if (!name) this.names.set(like, name = this.classify(stat, new DecidingFacts(stat, this)));
    return name;
  }

  private classify(stat: ProcStat, facts: KindFacts): ProcessKind {
    const leader = () => this.leaderOf(stat);
    const managers = () => this.managersOf(stat);
    const groupShell = () => groupShellOf(facts, (pid) => this.program(pid));
    return classify({
      facts,
      get leader() {
        return leader();
      },
      get managers() {
        return managers();
      },
      get groupShell() {
        return groupShell();
      },
    });
  }

  parentOf(stat: ProcStat): ParentFacts | null {
    const parent = this.family.get(stat.ppid);
    if (!parent) return null;
    const leader = this.family.get(stat.sid);
    return {
      pid: parent.pid,
      comm: parent.comm,
      role: parentRole(stat, this.parentProgram(parent), leader),
      adopted: isAdopted(stat, parent, leader),
    };
  }

  terminalOf({ ttyNumber }: ProcStat): string | null {
    let name = this.terminals.get(ttyNumber);
    if (name === undefined) {
      name = ttyName(ttyNumber) ?? null;
      this.terminals.set(ttyNumber, name);
    }
    return name;
  }

  private leaderOf({ sid }: ProcStat): ProcessSummary | null {
    const there = this.family.sessionLeader(sid) !== undefined || this.family.isHidden(sid);
    return (there && this.program(sid)) || null;
  }

  /** As in inspect/situation.ts, from what has been read already. */
  private managersOf(stat: ProcStat): ProcessSummary[] {
    if (stat.ttyNumber === 0 || stat.sid === stat.pid) return [];
    const own = this.managersAbove(stat);
    if (own.length > 0) return own;
    const key = `${stat.sid} ${stat.pgid}`;
    let known = this.strayGroups.get(key);
    if (!known) {
      const mates = this.family.group(stat.pgid).filter((mate) =>
        mate.sid === stat.sid && mate.state !== "Z"
      );
      known = [];
      for (const mate of mates) {
        known = this.managersAbove(mate);
        if (known.length > 0) break;
      }
      this.strayGroups.set(key, known);
    }
    return known;
  }

  private managersAbove(stat: ProcStat): ProcessSummary[] {
    const found: ProcessSummary[] = [];
    let group = stat.pgid;
    for (const ancestor of this.family.ancestors(stat.pid)) {
      if (ancestor.sid !== stat.sid) break;
      if (ancestor.pgid !== group) {
        const program = this.program(ancestor.pid);
        if (program) found.push(program);
        group = ancestor.pgid;
      }
      if (ancestor.sid === ancestor.pid) break;
    }
    return found;
  }

  private program(pid: number): ProcessSummary | undefined {
    if (!this.programs.has(pid)) this.programs.set(pid, readSummary(pid));
    return this.programs.get(pid);
  }

  private parentProgram(stat: ProcStat): ParentProgram {
    let program = this.parents.get(stat.pid);
    if (!program) {
      program = {
        stat,
        exe: orUndefined(readProcLink(`/proc/${stat.pid}/exe`)),
        command: orUndefined(readCmdline(stat.pid)) ?? [],
      };
      this.parents.set(stat.pid, program);
    }
    return program;
  }
}

/** Descriptors 0-2, as far as a kind depends on them. */
export function standardFiles(pid: number): OpenFile[] {
  return [0, 1, 2].flatMap((fd) => {
    const link = readProcLink(`/proc/${pid}/fd/${fd}`);
    return link instanceof Unreadable ? [] : [describeFile(fd, link, "", () => true)];
  });
}

/** Whether a process ignores SIGHUP; false also where that cannot be read. A whole parse would take longer than reading. */
export function ignoresHangup(pid: number): boolean {
  const lowest = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(
    readTextOrNothing(`/proc/${pid}/status`) ?? "",
  );
  return lowest !== null && (parseInt(lowest[1], 16) & 1) !== 0;
}

/** Reads each fact when it is first asked for. */
class LazyFacts implements KindFacts {
  private known?: { readonly parent: ParentFacts | null };
  private read?: { readonly status: ProcStatus | undefined };
  private standard?: readonly OpenFile[];

  constructor(private readonly stat: ProcStat, private readonly kinds: Kinds) {}

  get pid() {
    return this.stat.pid;
  }
  get ppid() {
    return this.stat.ppid;
  }
  get comm() {
    return this.stat.comm;
  }
  get state() {
    return this.stat.state;
  }
  get threads() {
    return this.stat.threads;
  }
  get pgid() {
    return this.stat.pgid;
  }
  get sid() {
    return this.stat.sid;
  }
  get sessionLeader() {
    return this.stat.sid === this.stat.pid;
  }
  get kernelThread() {
    return isKernelThread(this.stat);
  }
  get tty() {
    return this.kinds.terminalOf(this.stat);
  }
  get foreground() {
    return this.tty !== null && this.stat.foregroundPgid === this.stat.pgid;
  }
  get foregroundPgid() {
    return this.tty !== null && this.stat.foregroundPgid > 0 ? this.stat.foregroundPgid : null;
  }
  get parent() {
    this.known ??= { parent: this.kinds.parentOf(this.stat) };
    return this.known.parent;
  }
  get exe() {
    return this.link("exe");
  }
  get cwd(): string | null {
    return this.link("cwd");
  }
  get fds(): readonly OpenFile[] {
    return this.standard ??= standardFiles(this.pid);
  }
  get cgroup() {
    const entries = orUndefined(readCgroup(this.pid));
    return (entries && mainCgroup(entries)) ?? null;
  }
  get tracer() {
    return this.status?.tracer ?? 0;
  }
  get namespacePids() {
    return this.status?.namespacePids ?? [this.pid];
  }
  get signals(): SignalNames {
    const names = (numbers: readonly number[] = []) => numbers.map(signalName);
    const signals = this.status?.signals;
    return {
      pending: names(signals?.pending),
      blocked: names(signals?.blocked),
      ignored: names(signals?.ignored),
      caught: names(signals?.caught),
    };
  }

  private get status() {
    this.read ??= { status: orUndefined(readStatus(this.pid)) };
    return this.read.status;
  }

  private link(name: "exe" | "cwd"): string | null {
    return orUndefined(readProcLink(`/proc/${this.pid}/${name}`)) ?? null;
  }
}

/** Leaves out what only the evidence speaks of. */
class DecidingFacts extends LazyFacts {
  override get cwd() {
    return null;
  }
  override get fds(): readonly OpenFile[] {
    // Of processes without a terminal, only leaders of sessions that init may have are judged by their descriptors.
    const role = this.sessionLeader ? this.parent?.role : undefined;
    return role === "init" || role === "subreaper" ? super.fds : [];
  }
}
