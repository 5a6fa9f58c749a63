import { classify } from "../inspect/classify.ts";
import type { ProcessKind } from "../inspect/kind.ts";
import { isKernelThread, type ParentProgram } from "../inspect/role.ts";
import { type ProcessSummary, readSummary } from "../inspect/program.ts";
import {
  groupShellOf,
  isStoppedProcess,
  managersAbove,
  managersOfGroup,
} from "../inspect/situation.ts";
import type { KindFacts, ParentFacts } from "../inspect/facts.ts";
import {
  FactSources,
  lazyFacts,
  type OtherProcesses,
  parentOf,
  readParentProgram,
} from "../inspect/read_facts.ts";
import { describeFile, type OpenFile } from "../procfs/fds.ts";
import { readProcLink, Unreadable } from "../procfs/read.ts";
import { isZombie, type ProcStat } from "../procfs/stat.ts";
import { ttyName } from "../procfs/terminals.ts";
import type { Family } from "./family.ts";

/**
 * Says about thousands of processes what `imp inspect` says about one. Reads only what the answer depends on: for most,
 * nothing beyond the family itself.
 */
export class Kinds implements OtherProcesses {
  private readonly programs = new Map<number, ProcessSummary | undefined>();
  private readonly parents = new Map<number, ParentProgram>();
  private readonly terminals = new Map<number, string | null>();
  private readonly named = new Map<number, Pick<ProcessKind, "kind" | "title">>();
  private readonly names = new Map<string, ProcessKind>();
  private readonly strayGroups = new Map<string, ProcessSummary[]>();

  constructor(readonly family: Family) {}

  /** With the evidence, which takes more reading. */
  of(stat: ProcStat): ProcessKind {
    return this.classify(stat, lazyFacts(new KindSources(stat, this)));
  }

  /** Without the evidence: nobody reads it for thousands. */
  nameOf(stat: ProcStat): Pick<ProcessKind, "kind" | "title"> {
    return this.named.getOrInsertComputed(stat.pid, () => this.nameNow(stat));
  }

  private nameNow(stat: ProcStat): Pick<ProcessKind, "kind" | "title"> {
    const { pid, ppid, pgid, sid, state } = stat;
    if (
      stat.ttyNumber !== 0 || sid === pid || pid === 1 || isZombie(stat) || isKernelThread(stat)
    ) {
      return this.classify(stat, lazyFacts(new DecidingSources(stat, this)));
    }
    // Without a terminal, a process that does not lead a session is of the same kind as its like: siblings in one
    // session.
    const like = `${ppid} ${sid} ${pgid === sid} ${isStoppedProcess({ state }) ? state + pid : ""}`;
    let name = this.names.get(like);
    if (!name) {
      this.names.set(like, name = this.classify(stat, lazyFacts(new DecidingSources(stat, this))));
    }
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
    return parentOf(stat, this);
  }

  stat(pid: number): ProcStat | undefined {
    return this.family.get(pid);
  }

  parentProgram(stat: ProcStat): ParentProgram {
    return this.parents.getOrInsertComputed(stat.pid, () => readParentProgram(stat));
  }

  terminalOf({ ttyNumber }: ProcStat): string | null {
    return this.terminals.getOrInsertComputed(ttyNumber, (number) => ttyName(number) ?? null);
  }

  private leaderOf({ sid }: ProcStat): ProcessSummary | null {
    const there = this.family.sessionLeader(sid) !== undefined || this.family.isHidden(sid);
    return (there && this.program(sid)) || null;
  }

  private managersOf(stat: ProcStat): ProcessSummary[] {
    if (stat.ttyNumber === 0 || stat.sid === stat.pid) return [];
    const ancestors = ({ pid }: ProcStat) => this.family.ancestors(pid);
    const read = (pid: number) => this.program(pid);
    const own = managersAbove(stat, ancestors(stat), read);
    if (own.length > 0) return own;
    return this.strayGroups.getOrInsertComputed(
      `${stat.sid} ${stat.pgid}`,
      () => managersOfGroup(stat, this.family.group(stat.pgid), ancestors, read),
    );
  }

  private program(pid: number): ProcessSummary | undefined {
    return this.programs.getOrInsertComputed(pid, readSummary);
  }
}

/** Descriptors 0-2, as far as a kind depends on them. */
export function standardFiles(pid: number): OpenFile[] {
  return [0, 1, 2].flatMap((fd) => {
    const link = readProcLink(`/proc/${pid}/fd/${fd}`);
    return link instanceof Unreadable ? [] : [describeFile(fd, link, "", () => true)];
  });
}

/** What a kind depends on: only descriptors 0-2. */
class KindSources extends FactSources {
  override get files() {
    return { files: standardFiles(this.stat.pid), count: 0 };
  }
}

/** Leaves out what only the evidence mentions. */
class DecidingSources extends KindSources {
  override get cwd() {
    return null;
  }
  override get files() {
    // Without a terminal, only session leaders that may be init's are judged by their descriptors.
    const role = this.stat.sid === this.stat.pid ? this.parent?.role : undefined;
    return role === "init" || role === "subreaper" ? super.files : { files: [], count: 0 };
  }
}
