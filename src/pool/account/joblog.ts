import { SIGTERM } from "../../libc/abi.ts";
import { bytesOf, concat, EMPTY } from "../bytes.ts";
import type { Ending } from "../../libc/processes/wait.ts";
import { jobStatus } from "../rules/halt.ts";
import { type JoblogRow, type JobResult, numberOf } from "../types.ts";

const COLUMNS = [
  "Seq",
  "Host",
  "Starttime",
  "JobRuntime",
  "Send",
  "Receive",
  "Exitval",
  "Signal",
  "Command",
];
const HERE = ":";
/** The Exitval of a job whose host was lost. No program has it, and GNU parallel does not write it. */
export const LOST_HOST = -2;
const TAB = 0x09;
const NEWLINE = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;

/** The first line of a job log, with its newline. */
export const JOBLOG_HEADER: Uint8Array = bytesOf(`${COLUMNS.join("\t")}\n`);

/** Whether a file that begins like this is a job log: empty, with (part of) the header, or with rows only. */
export function beginsJoblog(start: Uint8Array): boolean {
  const shorter = Math.min(start.length, JOBLOG_HEADER.length);
  if (start.subarray(0, shorter).every((byte, i) => byte === JOBLOG_HEADER[i])) return true;
  return /^\d+\t[^\t\n]*\t *\d+\.\d+\t/.test(new TextDecoder().decode(start));
}

/**
 * A job's row, in GNU parallel's terms: a job ended by a signal has Exitval 0, after a timeout -1 and signal 15; if its
 * host was lost, -2.
 * @param command quoted for a shell, see quoteWords
 * @returns undefined for a job ended because the pool was stopped: it must be run again
 */
export function joblogRow(result: JobResult, command: Uint8Array): JoblogRow | undefined {
  const { end, job, host = HERE, startedAt, endedAt, sent, received } = result;
  if (end.by === "stop") return undefined;
  const values = end.by === "timeout"
    ? { exit: -1, signal: SIGTERM }
    : end.by === "lost"
    ? { exit: LOST_HOST, signal: 0 }
    : end.by === "start" || end.by === "no answer"
    ? { exit: jobStatus(end), signal: 0 }
    : endValues(end.ending);
  return {
    seq: numberOf(job),
    host,
    start: startedAt / 1000,
    runtime: Math.max(0, endedAt - startedAt) / 1000,
    sent,
    received,
    ...values,
    command,
  };
}

/**
 * One row with its newline; write it with a single write(2) to a file opened with O_APPEND. A newline in the command
 * becomes NUL, as by GNU parallel: commands contain no NUL, and a row stays one line.
 */
export function formatJoblogRow(row: JoblogRow): Uint8Array {
  const runtime = row.runtime.toFixed(3).padStart(10);
  const line = concat([
    bytesOf(
      `${row.seq}\t${row.host}\t${
        row.start.toFixed(3)
      }\t${runtime}\t${row.sent}\t${row.received}\t${row.exit}\t${row.signal}\t`,
    ),
    row.command,
    new Uint8Array([NEWLINE]),
  ]);
  replace(line, NEWLINE, 0, line.length - 1);
  return line;
}

/** A job's end according to a row. */
export type RowOutcome = Pick<JoblogRow, "seq" | "exit" | "signal" | "command">;

/**
 * Parses rows: lines without their newline. The reader returns the same object each time, because a log of a million
 * rows is read before the first job starts, and its garbage would stay.
 * @returns undefined for the header and for invalid rows, such as a truncated one
 */
export function rowReader(): (line: Uint8Array) => RowOutcome | undefined {
  const row = { seq: 0, exit: 0, signal: 0, command: EMPTY as Uint8Array };
  const ends = new Uint32Array(COLUMNS.length - 1);
  return (line) => {
    for (let column = 0, from = 0; column < ends.length; column++) {
      const tab = line.indexOf(TAB, from);
      if (tab < 0) return undefined;
      ends[column] = tab;
      from = tab + 1;
    }
    row.seq = integer(line, 0, ends[0]);
    row.exit = integer(line, ends[5] + 1, ends[6]);
    row.signal = integer(line, ends[6] + 1, ends[7]);
    if (Number.isNaN(row.seq + row.exit + row.signal)) return undefined;
    row.command = line.subarray(ends[7] + 1);
    if (row.command.indexOf(0) >= 0) {
      row.command = row.command.slice();
      replace(row.command, 0, NEWLINE, row.command.length);
    }
    return row;
  };
}

/** The number in a part of a line; NaN if it is not one. */
function integer(line: Uint8Array, from: number, to: number): number {
  const negative = line[from] === MINUS;
  if (negative) from++;
  if (from >= to) return NaN;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = line[at] - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = 10 * value + digit;
  }
  return negative ? -value : value;
}

function endValues(ending: Ending): { exit: number; signal: number } {
  return ending.how === "exit"
    ? { exit: ending.code, signal: 0 }
    : { exit: 0, signal: ending.signal };
}

function replace(bytes: Uint8Array, from: number, to: number, end: number): void {
  for (let at = bytes.indexOf(from); at >= 0 && at < end; at = bytes.indexOf(from, at + 1)) {
    bytes[at] = to;
  }
}
