import { PF_EXITING } from "../libc/abi.ts";
import { readRecord } from "../libc/descriptors/files.ts";

/** Fields of /proc/PID/stat that imp uses; proc_pid_stat(5). */
export interface ProcStat {
  readonly pid: number;
  /** The kernel's short name: at most 15 bytes of any value. */
  readonly comm: string;
  /** One letter: R S D T t Z X I. */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Device number of the controlling terminal, 0 without one. */
  readonly ttyNumber: number;
  /** Foreground process group of that terminal, -1 without one. */
  readonly foregroundPgid: number;
  readonly flags: number;
  /** CPU time in clock ticks. */
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly nice: number;
  readonly threads: number;
  /** Clock ticks between boot and the start of the process. With the boot id, it identifies a process forever. */
  readonly startTicks: number;
  /** Resident pages. */
  readonly residentPages: number;
  /** Exit status in wait(2) format; 0 if the kernel hides it from us. */
  readonly exitStatus: number;
}

const OPEN = 0x28, CLOSE = 0x29;
/** The first field after the name, proc_pid_stat(5). */
const STATE = 3;
const EXIT_CODE = 52;
/** A line with fewer fields is invalid. */
const START_TIME = 22;
const RSS = 24;
// A byte order mark is a character like any other: a name may begin with it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Parses /proc/PID/stat. The name is in parentheses and may contain spaces, newlines and parentheses, so the fields
 * begin after the last one. Uses built-in functions: most commands read a few lines before any of imp's code is
 * compiled.
 * @returns undefined for an invalid line
 */
export function parseStat(content: Uint8Array | string): ProcStat | undefined {
  const line = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const open = line.indexOf(OPEN);
  const close = line.lastIndexOf(CLOSE);
  if (open < 1 || close < open) return undefined;
  const pid = Number(decoder.decode(line.subarray(0, open)));
  const fields = decoder.decode(line.subarray(close + 2)).split(" ");
  if (!(pid > 0) || fields.length <= START_TIME - STATE) return undefined;
  return {
    pid,
    comm: decoder.decode(line.subarray(open + 1, close)),
    state: fields[0],
    ppid: Number(fields[4 - STATE]),
    pgid: Number(fields[5 - STATE]),
    sid: Number(fields[6 - STATE]),
    ttyNumber: Number(fields[7 - STATE]),
    foregroundPgid: Number(fields[8 - STATE]),
    flags: Number(fields[9 - STATE]),
    userTicks: Number(fields[14 - STATE]),
    systemTicks: Number(fields[15 - STATE]),
    nice: Number(fields[19 - STATE]),
    threads: Number(fields[20 - STATE]),
    startTicks: Number(fields[START_TIME - STATE]),
    residentPages: Number(fields[RSS - STATE] ?? 0),
    exitStatus: Number(fields[EXIT_CODE - STATE] ?? 0),
  };
}

/** A few fields of a valid line. Faster than {@link parseStat}, for hundreds of lines. */
export function parseStatInBrief(
  line: string,
): Pick<ProcStat, "state" | "ppid" | "sid" | "startTicks" | "residentPages"> {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ", RSS - STATE + 1);
  return {
    state: fields[0],
    ppid: Number(fields[4 - STATE]),
    sid: Number(fields[6 - STATE]),
    startTicks: Number(fields[START_TIME - STATE]),
    residentPages: Number(fields[RSS - STATE]),
  };
}

/** A process' /proc/PID/stat now; undefined if there is no such process. */
export function readStat(pid: number | "self"): ProcStat | undefined {
  const line = readRecord(`/proc/${pid}/stat`);
  return typeof line === "number" ? undefined : parseStat(line);
}

/** State Z with other threads running is not a zombie: only the first thread has ended. */
export function isZombie({ state, threads }: Pick<ProcStat, "state" | "threads">): boolean {
  return (state === "Z" || state === "X") && threads <= 1;
}

/**
 * It is about to be a zombie, and has no memory any more: what it was is no longer shown, and whom it leaves not yet. A
 * first thread that has ended before others is in state Z.
 */
export function isEnding(
  { state, flags, residentPages }: Pick<ProcStat, "state" | "flags" | "residentPages">,
): boolean {
  return (flags & PF_EXITING) !== 0 && residentPages === 0 && state !== "Z" && state !== "X";
}

/** Sorts the oldest first. Many processes begin in one tick; PIDs rise, but for their wrap. */
export function byAge(
  one: Pick<ProcStat, "startTicks" | "pid">,
  other: Pick<ProcStat, "startTicks" | "pid">,
): number {
  return one.startTicks - other.startTicks || one.pid - other.pid;
}
