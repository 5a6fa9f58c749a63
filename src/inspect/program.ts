import { basename } from "@std/path/basename";
import { maySignal, signalName } from "../libc/processes/signals.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { orUndefined, readProcLink } from "../procfs/read.ts";
import { isZombie, readStat } from "../procfs/stat.ts";
import { readStatus, type SignalMasks } from "../procfs/status.ts";
/** Shells that imp knows by name. */
const SHELLS = [
  "bash",
  "zsh",
  "dash",
  "sh",
  "ash",
  "fish",
  "ksh",
  "ksh93",
  "mksh",
  "lksh",
  "yash",
  "tcsh",
  "csh",
  "elvish",
  "nu",
  "xonsh",
] as const;

export type ShellName = (typeof SHELLS)[number];

/**
 * Which shell a program is. The executed file decides, because `sh` is dash on one machine and bash on another; if
 * /proc/PID/exe cannot be read, the short name does.
 */
export function shellName(program: { comm: string; exe?: string | null }): ShellName | undefined {
  const name = program.exe ? basename(program.exe) : program.comm;
  // Restricted and versioned ones: rbash, zsh-5.9.
  const plain = name.replace(/^r(?=bash|zsh|ksh)/, "").replace(/[-.\d]+$/, "");
  return SHELLS.find((one) => one === name) ?? SHELLS.find((one) => one === plain);
}

/** A shell started by login(1) or sshd(8) has `-` before its name; `--login` and `-l` have the same effect. */
export function isLoginShell(command: readonly string[]): boolean {
  const [name = "", ...words] = command;
  if (name.startsWith("-")) return true;
  for (const word of words) {
    if (word === "--login") return true;
    // The first word that is not an option is a script, and what follows are the script's words.
    if (!word.startsWith("-") || word === "--") return false;
    if (/^-[a-zA-Z]*l/.test(word)) return true;
  }
  return false;
}

/** What matters about another process. */
export interface ProcessSummary {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
  /** Which shell it is, if any. */
  readonly shell?: ShellName;
  /** A login shell. */
  readonly login: boolean;
  /** A shell used at a terminal, not one that runs a script. */
  readonly interactive: boolean;
  /** A shell with a user, with or without job control: dash under `set +m`. */
  readonly attended: boolean;
  /** What SIGHUP does to it. */
  readonly hangup: Disposition;
  /** /proc does not show it to this user: only its existence is known. */
  readonly hidden?: true;
}

export type Disposition = "default" | "ignored" | "caught" | "blocked";

export function readSummary(pid: number): ProcessSummary | undefined {
  const stat = readStat(pid);
  if (!stat) return maySignal(pid) ? undefined : hiddenProgram(pid);
  // A zombie no longer leads anything.
  if (isZombie(stat)) return undefined;
  const status = orUndefined(readStatus(pid));
  const exe = readExe(pid);
  const command = orUndefined(readCmdline(pid)) ?? [];
  const signals = signalNames(status?.signals);
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

/** Names without SIG, in order of number. */
export interface SignalNames {
  readonly pending: readonly string[];
  readonly blocked: readonly string[];
  readonly ignored: readonly string[];
  readonly caught: readonly string[];
}

export function signalNames(masks?: SignalMasks): SignalNames {
  const names = (numbers: readonly number[] = []) => numbers.map(signalName);
  return {
    pending: names(masks?.pending),
    blocked: names(masks?.blocked),
    ignored: names(masks?.ignored),
    caught: names(masks?.caught),
  };
}

/** The file that a process executes, even if removed or replaced; undefined if it is not shown. */
export function readExe(pid: number): string | undefined {
  return orUndefined(readProcLink(`/proc/${pid}/exe`))?.replace(/ \(deleted\)$/, "");
}
