import { orUndefined, readProcRecord, Unreadable } from "./read.ts";
import { SIGHUP } from "../libc/abi.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";

/** Fields of /proc/PID/status that imp uses; proc_pid_status(5). */
export interface ProcStatus {
  /** The process; differs from `pid` if the file was a thread's. */
  readonly tgid: number;
  readonly pid: number;
  /** The process that traces this one, 0 without one. */
  readonly tracer: number;
  readonly uids: Ids;
  readonly gids: Ids;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Undefined for processes without files any more: zombies. */
  readonly umask?: number;
  readonly threads: number;
  /** Its PID in each PID namespace, from ours inwards; one number if it is in ours. */
  readonly namespacePids: readonly number[];
  readonly signals: SignalMasks;
  /** Effective capabilities, one bit each. */
  readonly capabilities: bigint;
  readonly noNewPrivs: boolean;
  readonly seccomp: Seccomp;
}

export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

/** Signal numbers in ascending order. */
export interface SignalMasks {
  readonly pending: readonly number[];
  readonly blocked: readonly number[];
  readonly ignored: readonly number[];
  readonly caught: readonly number[];
}

export type Seccomp = "off" | "strict" | "filter";

const SECCOMP: Record<string, Seccomp> = { "1": "strict", "2": "filter" };

/** @returns undefined if the text is not a whole /proc/PID/status */
export function parseStatus(text: string): ProcStatus | undefined {
  const fields = fieldsOf(text);
  const uids = ids(fields.get("Uid"));
  const gids = ids(fields.get("Gid"));
  const pid = Number(fields.get("Pid"));
  // The signal masks come last of the needed fields: without them the text is incomplete.
  if (!uids || !gids || !pid || !fields.has("SigCgt")) return undefined;
  const umask = fields.get("Umask");
  return {
    tgid: Number(fields.get("Tgid") ?? pid),
    pid,
    tracer: Number(fields.get("TracerPid") ?? 0),
    uids,
    gids,
    groups: numbers(fields.get("Groups")),
    ...(umask === undefined ? {} : { umask: parseInt(umask, 8) }),
    threads: Number(fields.get("Threads") ?? 1),
    namespacePids: numbers(fields.get("NSpid") ?? String(pid)),
    signals: {
      // Signals may be pending for one thread or for the whole process.
      pending: union(mask(fields.get("SigPnd")), mask(fields.get("ShdPnd"))),
      blocked: mask(fields.get("SigBlk")),
      ignored: mask(fields.get("SigIgn")),
      caught: mask(fields.get("SigCgt")),
    },
    capabilities: hex(fields.get("CapEff")),
    noNewPrivs: fields.get("NoNewPrivs") === "1",
    seccomp: SECCOMP[fields.get("Seccomp") ?? ""] ?? "off",
  };
}

export function readStatus(pid: number): ProcStatus | Unreadable {
  const text = readProcRecord(`/proc/${pid}/status`);
  if (text instanceof Unreadable) return text;
  return parseStatus(text) ?? new Unreadable("ESRCH");
}

/** A process' effective user. Reads nothing else: it is called for thousands. */
export function effectiveUser(pid: number): number | undefined {
  const line = /^Uid:\s*\d+\s+(\d+)/m.exec(
    orUndefined(readProcRecord(`/proc/${pid}/status`)) ?? "",
  );
  return line ? Number(line[1]) : undefined;
}

/**
 * Whether a process ignores SIGHUP; false also if it cannot be read. Parsing everything would take longer than reading.
 */
export function ignoresHangup(pid: number): boolean {
  const lowest = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(
    orUndefined(readProcRecord(`/proc/${pid}/status`)) ?? "",
  );
  return lowest !== null && (parseInt(lowest[1], 16) & 1 << SIGHUP - 1) !== 0;
}

/** The signal numbers in a mask such as `0000000000010002`: bit 0 is signal 1. */
export function signalsInMask(mask: bigint): number[] {
  const found: number[] = [];
  for (let number = 1; mask > 0n; number++, mask >>= 1n) {
    if (mask & 1n) found.push(number);
  }
  return found;
}

/**
 * Lines `Key:\tvalue`; the first of a key counts. The kernel escapes a newline in Name as `\n`, so a name cannot forge
 * lines.
 */
function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const key = line.slice(0, colon);
    if (!fields.has(key)) fields.set(key, line.slice(colon + 1).trim());
  }
  return fields;
}

function ids(text: string | undefined): Ids | undefined {
  const [real, effective, saved, fileSystem] = numbers(text);
  return fileSystem === undefined ? undefined : { real, effective, saved, fileSystem };
}

function numbers(text = ""): number[] {
  return text.split(/\s+/).filter((word) => /^\d+$/.test(word)).map(Number);
}

function hex(text = ""): bigint {
  return /^[0-9a-f]+$/i.test(text) ? BigInt(`0x${text}`) : 0n;
}

function mask(text: string | undefined): number[] {
  return signalsInMask(hex(text));
}

function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

/**
 * When a process last ran, in milliseconds on the scheduler's clock of its CPU: `se.exec_start` in /proc/PID/sched.
 * Each CPU has its own clock, which leaves out stolen time, so compare numbers of one CPU only.
 * @returns undefined if the kernel has no such file (CONFIG_SCHED_DEBUG)
 */
export function lastRun(pid: number | "self"): number | undefined {
  return parseLastRun(readTextOrNothing(`/proc/${pid}/sched`) ?? "");
}

/** The first line has the process' name, which may look like anything: the last match counts. */
export function parseLastRun(text: string): number | undefined {
  const all = [...text.matchAll(/^se\.exec_start\s*:\s*(\d+\.\d+)$/gm)];
  const found = all.at(-1);
  return found && Number(found[1]);
}

/** The CPU that a process last ran on: field 39 of /proc/PID/stat. */
export function lastCpu(pid: number): number | undefined {
  const text = readTextOrNothing(`/proc/${pid}/stat`);
  const field = text?.slice(text.lastIndexOf(")") + 2).split(" ")[39 - 3];
  return field === undefined ? undefined : Number(field);
}

/**
 * CPU time used by a thread of this process, in milliseconds: /proc/self/task/TID/schedstat.
 * @returns undefined if the kernel does not count it (CONFIG_SCHED_INFO)
 */
export function threadTime(thread: number): number | undefined {
  const text = readTextOrNothing(`/proc/self/task/${thread}/schedstat`);
  // Nanoseconds; a thread that has run has used some.
  return Number(text?.split(" ")[0]) / 1e6 || undefined;
}
