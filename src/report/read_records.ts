// What `imp pool --json` prints and `--results` keeps: the job log's numbers, plus CPU time, memory and output.
import { signalNumber } from "../libc/processes/signals.ts";
import { eachLine, type RunFile } from "./read_joblog.ts";
import { type ReportRow, ReportRows } from "./rows.ts";
import { tailOf } from "./tail.ts";

/** Whether a file holds records, one JSON object a line. */
export function beginsRecords(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b;
}

/** Reads what `imp pool --json` has printed. */
export function readRecords(bytes: Uint8Array): RunFile {
  const rows = new ReportRows();
  let odd = 0;
  const cut = eachLine(bytes, (line) => {
    const row = rowOfRecord(line, rows.wantsTails);
    if (row) rows.add(row);
    else odd++;
  });
  return { rows, cut, odd };
}

/** CPU time and memory as in `result.json`; nothing if it is not a record. */
export function usageOfRecord(text: string): Pick<ReportRow, "cpu" | "memory"> {
  const record = parse(text);
  return record ? usageIn(record) : {};
}

/** When the job of a `result.json` started: a folder may hold those of another run. */
export function startOfRecord(text: string): number {
  return Date.parse(String(parse(text)?.start));
}

function rowOfRecord(line: string, wantsTail: boolean): ReportRow | undefined {
  const record = parse(line);
  if (!record || typeof record.seq !== "number") return undefined;
  const start = Date.parse(String(record.start));
  if (Number.isNaN(start)) return undefined;
  const exit = record.outcome === "timeout" ? -1 : numberOrZero(record.exit);
  const signal = typeof record.signal === "string" ? signalNumber(record.signal) ?? 0 : 0;
  const lost = record.outcome === "start" || record.outcome === "no answer";
  const status = lost && exit === 0 ? 127 : exit;
  const failed = status !== 0 || signal !== 0;
  const tail = failed && wantsTail
    ? tailOf([textIn(record.stdout), textIn(record.stderr)])
    : undefined;
  return {
    ...{ seq: record.seq, host: ":", start, exit: status, signal, tail },
    runtime: Math.round(numberOrZero(record.seconds) * 1000),
    received: textIn(record.stdout).length,
    command: Array.isArray(record.item) ? record.item.map(textIn).join(" ") : "",
    ...usageIn(record),
  };
}

function usageIn(record: Record<string, unknown>): Pick<ReportRow, "cpu" | "memory"> {
  const { userSeconds, systemSeconds, maxResidentBytes } = record;
  const knows = typeof userSeconds === "number" && typeof systemSeconds === "number";
  return {
    cpu: knows ? (userSeconds + systemSeconds) * 1000 : undefined,
    memory: typeof maxResidentBytes === "number" ? maxResidentBytes : undefined,
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function numberOrZero(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null && "base64" in value ? "(binary data)" : "";
}
