import { readTextOrNothing } from "../libc/files.ts";

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

/**
 * Parses the text of /proc/PID/stat. The name stands in parentheses and may hold spaces, newlines and parentheses
 * itself, so the fields begin after the last one.
 * @returns undefined for text that is no such line
 */
export function parseStat(text: string): ProcStat | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).trim().split(" ");
  // proc_pid_stat(5) counts from 1 and the state is field 3.
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  const pid = Number(text.slice(0, open));
  if (!Number.isInteger(pid) || fields.length < 20) return undefined;
  return {
    pid,
    comm: text.slice(open + 1, close),
    state: fields[0],
    ppid: field(4),
    pgid: field(5),
    sid: field(6),
    ttyNumber: field(7),
    foregroundPgid: field(8),
    flags: field(9),
    userTicks: field(14),
    systemTicks: field(15),
    nice: field(19),
    threads: field(20),
    startTicks: field(22),
    residentPages: field(24),
    exitStatus: field(52),
  };
}

/** What /proc says of a process now; undefined when there is none. */
export function readStat(pid: number | "self"): ProcStat | undefined {
  const text = readTextOrNothing(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}
