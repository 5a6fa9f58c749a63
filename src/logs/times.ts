import { O_APPEND, O_CREAT, O_RDONLY, O_WRONLY } from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { closeFile, readToEnd, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { statFd, statPath } from "../libc/descriptors/stat.ts";
import { bookName, readBook, replaceBookFile } from "./book.ts";
import type { LogFile, LogStream } from "./place.ts";

/** A log's length at a time: what was written before that time is before that position. */
export interface TimeMark {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** In the stream. */
  readonly position: number;
}

/** Two doubles. */
const MARK = 16;
const MOST_MARKS = 4096;

/** Records how long a log is now. A failure is tolerated: times are then known less exactly. */
export function markTime(directory: string, { stream, path }: LogFile, now: number): void {
  const before = readBook(directory, stream);
  const status = statPath(path);
  if (typeof status === "string") return;
  const after = readBook(directory, stream);
  // In the middle of a cut it is unknown.
  if (before?.base !== after?.base || after?.cut) return;
  const base = after?.inode === String(status.inode)
    ? after.base
    : after
    ? after.base + after.skip
    : 0;
  addMark(directory, stream, { at: now, position: base + status.size });
}

/** Appends a mark; there are at most some thousands, fewer for older times. */
export function addMark(directory: string, stream: LogStream, { at, position }: TimeMark): void {
  const path = pathOf(directory, stream);
  const fd = tryOpen(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  if (fd < 0) return;
  try {
    const { size } = statFd(fd);
    if (size % MARK === 0) writeAll(fd, bytesOfMarks([{ at, position }]));
    if (size < MOST_MARKS * MARK && size % MARK === 0) return;
  } catch {
    return;
  } finally {
    closeFile(fd);
  }
  try {
    // Not in place: a kill in the middle would destroy existing marks.
    const marks = thinned(readMarks(directory, stream));
    replaceBookFile(directory, bookName(stream, "times"), bytesOfMarks(marks));
  } catch {
    // The next mark tries again.
  }
}

/** How long a log was when the run started at `startedAt` began: its first mark since then. */
export function beginningOfRun(
  directory: string,
  stream: LogStream,
  startedAt: number,
): number | undefined {
  return readMarks(directory, stream).find(({ at }) => at >= startedAt)?.position;
}

/** All marks, in order. */
export function readMarks(directory: string, stream: LogStream): TimeMark[] {
  const path = pathOf(directory, stream);
  const fd = tryOpen(path, O_RDONLY | O_NOFOLLOW);
  if (fd < 0) return [];
  try {
    const bytes = readToEnd(fd, path).slice();
    const view = new DataView(bytes.buffer);
    return Array.from({ length: Math.floor(bytes.length / MARK) }, (_, i) => ({
      at: view.getFloat64(MARK * i, true),
      position: view.getFloat64(MARK * i + 8, true),
    }));
  } catch {
    return [];
  } finally {
    closeFile(fd);
  }
}

/**
 * What is known about a time: nothing written at or after it is before `position`. Pure.
 * @param at the mark's time: what was written between it and `time` is after `position` too
 */
export function positionAt(
  marks: readonly TimeMark[],
  time: number,
): { position: number; at: number } | undefined {
  let found: TimeMark | undefined;
  for (const mark of marks) if (mark.at <= time) found = mark;
  return found;
}

/** Drops every second one of the older half. Pure. */
export function thinned(marks: readonly TimeMark[]): TimeMark[] {
  const half = marks.length >> 1;
  return marks.filter((_, i) => i >= half || i % 2 === 0);
}

function bytesOfMarks(marks: readonly TimeMark[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(MARK * marks.length));
  marks.forEach(({ at, position }, i) => {
    view.setFloat64(MARK * i, at, true);
    view.setFloat64(MARK * i + 8, position, true);
  });
  return new Uint8Array(view.buffer);
}

function pathOf(directory: string, stream: LogStream): string {
  return `${directory}/${bookName(stream, "times")}`;
}
