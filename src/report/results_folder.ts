import { ImpError } from "../base/errors.ts";
import { O_DIRECTORY } from "../libc/machine.ts";
import { O_RDONLY } from "../libc/abi.ts";
import { closeFile, openFile, readTextOrNothing, tryOpen } from "../libc/descriptors/files.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import { statFd } from "../libc/descriptors/stat.ts";
import { startOfRecord, usageOfRecord } from "./read_records.ts";
import type { ReportRows } from "./rows.ts";
import { TAIL_BYTES, tailOf } from "./tail.ts";

/** Times of a job log are rounded to milliseconds. */
const SAME_MS = 2;

/**
 * Adds what the folder of `imp pool --results` knows of these jobs. A folder of another run is known by the start of its
 * job.
 * @returns what the reader should know
 * @throws ImpError where the folder cannot be opened
 */
export function addResults(rows: ReportRows, folder: string): string[] {
  closeFile(openFile(folder, O_RDONLY | O_DIRECTORY));
  let missing = 0;
  for (let at = 0; at < rows.length; at++) {
    const place = `${folder}/${rows.seq[at]}`;
    const text = readTextOrNothing(`${place}/result.json`);
    if (text === undefined || !(Math.abs(startOfRecord(text) - rows.start[at]) <= SAME_MS)) {
      missing++;
      continue;
    }
    const { cpu, memory } = usageOfRecord(text);
    if (cpu !== undefined) rows.cpu.set(at, cpu);
    if (memory !== undefined) rows.memory.set(at, memory);
    if (rows.outcome[at] === 0 || !rows.wantsTails) continue;
    const tail = tailOf([endOfFile(`${place}/stdout`), endOfFile(`${place}/stderr`)]);
    if (tail) rows.tails.set(at, tail);
  }
  if (rows.length > 0 && missing === rows.length) throw nothingOfThis(folder);
  return missing === 0 ? [] : [`${missing} of ${rows.length} jobs have no result in ${folder}.`];
}

function endOfFile(path: string): string {
  const fd = tryOpen(path, O_RDONLY);
  if (fd < 0) return "";
  try {
    const { size, kind } = statFd(fd);
    if (kind !== "file") return "";
    const block = readAt(fd, Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
    return typeof block === "number" ? "" : new TextDecoder().decode(block);
  } finally {
    closeFile(fd);
  }
}

function nothingOfThis(folder: string): ImpError {
  return new ImpError({
    action: "use",
    object: folder,
    why: "it has no result of a job of this log",
    hint: "name the folder of the same run's imp pool --results",
  });
}
