import { maySignal, signalName } from "../libc/processes/signals.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { orUndefined, readProcLink } from "../procfs/read.ts";
import { readStat } from "../procfs/stat.ts";
import { readStatus } from "../procfs/status.ts";
import type { SignalNames } from "./facts.ts";
import { isZombie } from "./kind.ts";
import { isLoginShell, type ShellName, shellName } from "./shells.ts";

/** Another process, as far as it matters. */
export interface ProcessSummary {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
  /** Which shell it is, if it is one. */
  readonly shell?: ShellName;
  /** A login shell. */
  readonly login: boolean;
  /** A shell with a user at a terminal, not one that runs a script. */
  readonly interactive: boolean;
  /** A shell with a user, whether it has job control or not: dash under `set +m`. */
  readonly attended: boolean;
  /** What SIGHUP does to it. */
  readonly hangup: Disposition;
  /** /proc does not show it to this user: nothing is known but that it exists. */
  readonly hidden?: true;
}

export type Disposition = "default" | "ignored" | "caught" | "blocked";

export function readSummary(pid: number): ProcessSummary | undefined {
  const stat = readStat(pid);
  if (!stat) return maySignal(pid) ? undefined : hiddenProgram(pid);
  // A zombie leads nothing any more.
  if (isZombie(stat)) return undefined;
  const status = orUndefined(readStatus(pid));
  const exe = orUndefined(readProcLink(`/proc/${pid}/exe`))?.replace(/ \(deleted\)$/, "");
  const command = orUndefined(readCmdline(pid)) ?? [];
  const names = (numbers: readonly number[] = []) => numbers.map(signalName);
  const signals = {
    pending: [],
    blocked: names(status?.signals.blocked),
    ignored: names(status?.signals.ignored),
    caught: names(status?.signals.caught),
  };
  const shell = shellName({ comm: stat.comm, exe });
  return {
    pid,
    ppid: stat.ppid,
    pgid: stat.pgid,
    sid: stat.sid,
    comm: stat.comm,
    ...(shell ? { shell } : {}),
    login: shell !== undefined && isLoginShell(command),
    interactive: shell !== undefined && isInteractive(signals),
    attended: shell !== undefined && signals.ignored.includes("TERM"),
    hangup: disposition(signals, "HUP"),
  };
}

function hiddenProgram(pid: number): ProcessSummary {
  const unknown = {
    ppid: 0,
    pgid: 0,
    sid: 0,
    login: false,
    interactive: false,
    attended: false,
  } as const;
  return { pid, comm: "a hidden process", ...unknown, hangup: "default", hidden: true };
}

/** What a signal does to a process. */
export function disposition(signals: SignalNames, name: string): Disposition {
  if (signals.ignored.includes(name)) return "ignored";
  if (signals.blocked.includes(name)) return "blocked";
  return signals.caught.includes(name) ? "caught" : "default";
}

/**
 * Interactive shells ignore SIGTERM, and SIGTTOU in order to take the terminal back from a job; a shell that runs a
 * script does neither. Measured with bash, zsh and dash.
 */
export function isInteractive(signals: SignalNames): boolean {
  return signals.ignored.includes("TERM") && signals.ignored.includes("TTOU");
}
