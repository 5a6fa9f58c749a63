// Pure: lines as in a log with times, or as syslog records.
import { bytesFromText } from "../../base/byte_text.ts";
import { putJsonText } from "./json_bytes.ts";
import type { LogStream } from "../place.ts";
import type { LogSettings } from "../settings.ts";

/**
 * Converts a line, a range of `input` without its break, into the log's form, with its break. Millions come: none of
 * them becomes an object.
 * @param out where to write, from `at` on
 * @returns the position after it; -1 if there may not be enough room
 */
export type FormatLine = (
  input: Uint8Array,
  from: number,
  to: number,
  now: number,
  out: Uint8Array,
  at: number,
) => number;

/** The maximum length of a converted line: JSON needs six characters for a control character. */
export function longestForm(bytes: number): number {
  return 6 * bytes + 200;
}

const NEWLINE = 10;
const encoder = new TextEncoder();
const JSON_END = encoder.encode('"}\n');
/** Longer lines are copied by a call that creates an object. */
const SHORT = 512;
let stamp = new Uint8Array();
let stampedAt = NaN;

/** `2026-11-30T08:12:05.123Z ` before each line. */
export const formatTimed: FormatLine = (input, from, to, now, out, at) => {
  if (now !== stampedAt) {
    stamp = encoder.encode(`${new Date(now).toISOString()} `);
    stampedAt = now;
  }
  if (at + stamp.length + (to - from) + 1 > out.length) return -1;
  out.set(stamp, at);
  const end = copyBytes(input, from, to, out, at + stamp.length);
  out[end] = NEWLINE;
  return end + 1;
};

function copyBytes(input: Uint8Array, from: number, to: number, out: Uint8Array, at: number) {
  if (to - from > SHORT) {
    out.set(input.subarray(from, to), at);
    return at + (to - from);
  }
  for (let i = from; i < to; i++) out[at++] = input[i];
  return at;
}

/** One object per line. A byte that is not UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF. */
export function formatJson(stream: LogStream | undefined): FormatLine {
  let begin = new Uint8Array();
  let begunAt = NaN;
  return (input, from, to, now, out, at) => {
    if (now !== begunAt) {
      const empty = JSON.stringify({ time: new Date(now).toISOString(), stream, line: "" });
      begin = encoder.encode(empty.slice(0, -2));
      begunAt = now;
    }
    if (at + begin.length + 6 * (to - from) + JSON_END.length > out.length) return -1;
    out.set(begin, at);
    const end = putJsonText(input, from, to, out, at + begin.length);
    out.set(JSON_END, end);
    return end + JSON_END.length;
  };
}

/** When a line of such a log was written, milliseconds since 1970; undefined if it does not say. */
export function timeOfLine(line: string, format: "time" | "json"): number | undefined {
  const stamp = format === "time"
    ? /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(?= )/.exec(line)?.[0]
    : /^\{"time":"([^"]+)"/.exec(line)?.[1];
  const time = stamp === undefined ? NaN : Date.parse(stamp);
  return Number.isNaN(time) ? undefined : time;
}

const FACILITY_DAEMON = 3, SEVERITY_INFO = 6;
/** What every receiver accepts in practice: RFC 3164, RFC 5426. */
const LONGEST_RECORD = 2048;

/** A record for /dev/log, in the RFC 3164 form that syslog(3) uses. */
export function syslogRecord(name: string, pid: number | undefined, line: Uint8Array): Uint8Array {
  const tag = pid === undefined ? name : `${name}[${pid}]`;
  const head = bytesFromText(`<${FACILITY_DAEMON * 8 + SEVERITY_INFO}>${tag}: `);
  const text = line.subarray(0, LONGEST_RECORD - head.length);
  const record = new Uint8Array(head.length + text.length);
  record.set(head);
  record.set(text, head.length);
  return record;
}

/** The program's part of a whole line of a log; undefined: the line was not made by imp. */
export function writtenText(line: string, format: LogSettings["format"]): string | undefined {
  switch (format) {
    case "raw":
      return line;
    case "time":
      return /^\S+Z ([^]*)$/.exec(line)?.[1];
    case "json":
      try {
        const { line: text } = JSON.parse(line);
        return typeof text === "string" ? text : undefined;
      } catch {
        return undefined;
      }
  }
}
