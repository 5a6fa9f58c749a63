import type { OpenFile } from "../procfs/fds.ts";
import type { Ids, Seccomp } from "../procfs/status.ts";
import type { KeptRole } from "./kept.ts";
import type { ParentRole } from "./role.ts";
import type { SignalNames } from "./program.ts";

/** Everything that imp reads about one process at one time. Null: there is no such thing, or see `hidden`. */
export interface ProcessFacts {
  readonly pid: number;
  /** The process that this PID belongs to; differs from `pid` if that is a thread's number. */
  readonly tgid: number;
  /** The kernel's short name, at most 15 bytes. */
  readonly comm: string;
  /** The words it was started with; none for kernel threads and zombies. */
  readonly command: readonly string[];
  readonly exe: string | null;
  /** The file that it executes has been removed or replaced. */
  readonly exeDeleted: boolean;
  /** The kernel's letter. */
  readonly state: string;
  readonly stateWord: string;
  readonly threads: number;
  readonly kernelThread: boolean;
  /** Real user. */
  readonly uid: number;
  readonly uids: Ids;
  readonly gids: Ids;
  /** 0 if it has no parent, or one outside our PID namespace. */
  readonly ppid: number;
  readonly parent: ParentFacts | null;
  /** Its part in a daemon that imp keeps. */
  readonly kept: KeptRole | null;
  /** The process that traces it, 0 without one. */
  readonly tracer: number;
  /** 0 if the group's leader is outside our PID namespace; likewise for `sid`. */
  readonly pgid: number;
  readonly sid: number;
  readonly groupLeader: boolean;
  readonly sessionLeader: boolean;
  /** Controlling terminal. */
  readonly tty: string | null;
  /** Its group is the terminal's foreground group. */
  readonly foreground: boolean;
  readonly foregroundPgid: number | null;
  readonly cwd: string | null;
  /** Only if it is not `/`. */
  readonly root: string | null;
  readonly umask: number | null;
  /** The lowest descriptors, at most 256. */
  readonly fds: readonly OpenFile[];
  readonly fdCount: number;
  readonly signals: SignalNames;
  /** Clock ticks between boot and its start. */
  readonly startTicks: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** CPU time so far, milliseconds. */
  readonly cpuMs: number;
  readonly nice: number;
  readonly residentBytes: number;
  readonly cgroup: string | null;
  readonly noNewPrivs: boolean;
  readonly seccomp: Seccomp;
  /** Effective capabilities as the kernel writes them, in hexadecimal. */
  readonly capabilities: string;
  /** Its PID in each PID namespace, from ours inwards. */
  readonly namespacePids: readonly number[];
  /** For a zombie: how it ended, in wait(2) format. Null while it lives, or if the kernel hides it. */
  readonly exitStatus: number | null;
  readonly hidden: readonly HiddenFact[];
}

export interface ParentFacts {
  readonly pid: number;
  readonly comm: string;
  readonly role: ParentRole;
  /** It certainly did not start this child, but adopted it. False: unknown. */
  readonly adopted: boolean;
}

/** Something that could not be read. */
export interface HiddenFact {
  readonly fact: "command" | "exe" | "cwd" | "root" | "fds" | "cgroup" | "exitStatus";
  /** Errno name: EACCES for another user's process. */
  readonly errno: string;
}

/** What the kind of a process depends on. */
export type KindFacts = Pick<
  ProcessFacts,
  | "pid"
  | "ppid"
  | "parent"
  | "kept"
  | "comm"
  | "exe"
  | "state"
  | "threads"
  | "kernelThread"
  | "namespacePids"
  | "pgid"
  | "sid"
  | "sessionLeader"
  | "tty"
  | "foreground"
  | "foregroundPgid"
  | "tracer"
  | "signals"
  | "fds"
  | "cwd"
  | "cgroup"
>;
