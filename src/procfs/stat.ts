import { readRecord } from "../libc/descriptors/files.ts";

/** Fields of /proc/PID/stat that imp uses; proc_pid_stat(5). */
export interface ProcStat {
  readonly pid: number;
  /** The kernel's short name: at most 15 bytes, and any bytes at all. */
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
  /** Clock ticks between boot and the start of the process. With the boot id it names a process for ever. */
  readonly startTicks: number;
  /** Resident pages. */
  readonly residentPages: number;
  /** Exit status in wait(2) format; 0 when the kernel does not show it to us. */
  readonly exitStatus: number;
}

const NEWLINE = 0x0a, SPACE = 0x20, OPEN = 0x28, CLOSE = 0x29, MINUS = 0x2d, ZERO = 0x30;
/** Field of the state; the numbers begin after it, proc_pid_stat(5). */
const STATE = 3;
/** The last field that is looked at. */
const EXIT_CODE = 52;
/** A line with fewer is none. */
const START_TIME = 22;
// A byte order mark is a character like any other: a name may begin with it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** By the numbers of the manual page; one for all, since thousands are read in a row. */
const field = new Float64Array(EXIT_CODE + 1);

/**
 * Parses the content of /proc/PID/stat. The name stands in parentheses and may hold spaces, newlines and parentheses
 * itself, so the fields begin after the last one.
 * @returns undefined for what is no such line
 */
export function parseStat(content: Uint8Array | string): ProcStat | undefined {
  const line = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const open = line.indexOf(OPEN);
  const close = line.lastIndexOf(CLOSE);
  if (open < 1 || close < open) return undefined;
  let pid = 0;
  for (let at = 0; at < open && line[at] !== SPACE; at++) pid = pid * 10 + line[at] - ZERO;
  if (!(pid > 0) || readFields(line, close + 4) <= START_TIME) return undefined;
  return {
    pid,
    comm: decoder.decode(line.subarray(open + 1, close)),
    state: String.fromCharCode(line[close + 2]),
    ppid: field[4],
    pgid: field[5],
    sid: field[6],
    ttyNumber: field[7],
    foregroundPgid: field[8],
    flags: field[9],
    userTicks: field[14],
    systemTicks: field[15],
    nice: field[19],
    threads: field[20],
    startTicks: field[22],
    residentPages: field[24],
    exitStatus: field[52],
  };
}

/** @returns the number of the first field that is not there */
function readFields(line: Uint8Array, start: number): number {
  field.fill(0);
  let number = STATE + 1;
  let value = 0;
  let sign = 1;
  let digits = false;
  for (let at = start; at <= line.length && number <= EXIT_CODE; at++) {
    const byte = at < line.length ? line[at] : NEWLINE;
    if (byte === SPACE || byte === NEWLINE) {
      if (digits) field[number++] = sign * value;
      value = 0;
      sign = 1;
      digits = false;
    } else if (byte === MINUS) sign = -1;
    else {
      value = value * 10 + byte - ZERO;
      digits = true;
    }
  }
  return number;
}

/** What /proc says of a process now; undefined when there is none. */
export function readStat(pid: number | "self"): ProcStat | undefined {
  const line = readRecord(`/proc/${pid}/stat`);
  return typeof line === "number" ? undefined : parseStat(line);
}

/** State Z with living threads is no zombie: only the first thread has ended. */
export function isZombie({ state, threads }: Pick<ProcStat, "state" | "threads">): boolean {
  return (state === "Z" || state === "X") && threads <= 1;
}
