import { ImpError } from "../base/errors.ts";
import { beginsJoblog } from "../pool/account/joblog.ts";
import { readJoblog, type RunFile } from "./read_joblog.ts";
import { beginsRecords, readRecords } from "./read_records.ts";
import type { ReportRows } from "./rows.ts";

/** A run as a file describes it. */
export interface ReadRun {
  readonly rows: ReportRows;
  /** What is wrong with the file, for the reader of the page. */
  readonly notes: readonly string[];
}

/** Reads a job log or records. @param name of the file, for errors @throws ImpError if it is neither */
export function readRun(bytes: Uint8Array, name: string): ReadRun {
  const read = beginsRecords(bytes) ? readRecords(bytes) : readJoblogOf(bytes, name);
  if (beginsRecords(bytes) && read.rows.length === 0 && !read.cut) throw notALog(name);
  return { rows: read.rows, notes: notesOf(read) };
}

function readJoblogOf(bytes: Uint8Array, name: string): RunFile {
  if (!beginsJoblog(bytes.subarray(0, HEAD))) throw notALog(name);
  return readJoblog(bytes);
}

const HEAD = 4096;

function notesOf({ cut, odd }: RunFile): string[] {
  const notes: string[] = [];
  if (cut) notes.push("The last line of the log is not whole: the run goes on, or was cut off.");
  if (odd > 0) notes.push(`${odd === 1 ? "1 line is" : `${odd} lines are`} not rows of a job log.`);
  return notes;
}

function notALog(name: string): ImpError {
  return new ImpError({
    action: "read",
    object: name,
    why: "it is not a job log",
    hint:
      "imp pool --joblog FILE writes one, GNU parallel too; records of imp pool --json do as well",
  });
}
