import { AT_FDCWD, O_RDONLY } from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { removeIn } from "../libc/descriptors/file_names.ts";
import { closeFile, readToEnd, tryOpen } from "../libc/descriptors/files.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import { writeWhole } from "../libc/descriptors/whole_file.ts";
import type { LogMode } from "./write/mode.ts";
import type { LogStream } from "./place.ts";

/**
 * A log's file within its stream. Positions count all bytes ever written. Written by the one process that rotates (`imp
 * watch`), read by everybody who wants whole lines.
 */
export interface LogBook {
  readonly schema: 1;
  /** The file that it describes; for another one a new book begins. */
  readonly inode: string;
  /** The position of the file's first byte. */
  readonly base: number;
  /** How many bytes at its beginning are in part 1 already. */
  readonly skip: number;
  /** The first of these bytes, one character each: they differ if somebody has emptied the file. */
  readonly skipped: string;
  /** An unfinished cut. */
  readonly cut?: BegunCut;
}

/** The steps of a cut, in this order; after a kill they show what has happened. cut.ts. */
export interface BegunCut {
  /** Written over the first bytes of the file right before the cut. */
  readonly mark: string;
  /** {@link CutPlan} */
  readonly bytes: number;
  readonly end: number;
  /** Whether there is a copy: not of anything older than what is kept. */
  readonly kept: boolean;
  /**
   * `copied`: the copy is complete; the mark may be written. `marked`: while the mark is there it was not cut,
   * afterwards it was. `cut`: the copy has not been renamed to part 1 yet.
   */
  readonly step: "copied" | "marked" | "cut";
}

/** How the program's output reached its file when last opened. Written by whoever starts the program. */
export interface LogWay {
  readonly schema: 1;
  readonly mode: LogMode;
  /** The tested file system, and the result: {@link probeUnit}. */
  readonly device: string;
  readonly unit: number;
}

const OF_ITS_USER = 0o600;

/** Comparing more is not necessary. */
const COMPARED = 32;

/** The value of {@link LogBook}.skipped for an open file. */
export function beginningOf(fd: number, skip: number): string {
  const bytes = readAt(fd, 0, Math.min(skip, COMPARED));
  return typeof bytes === "number" ? "" : String.fromCharCode(...bytes);
}

/** How many bytes of an open file are in part 1 already. */
export function skipOf(fd: number, { skip, skipped }: LogBook): number {
  return beginningOf(fd, skip) === skipped ? skip : 0;
}

type Kind = "book" | "way" | "pipe" | "spool" | "done" | "lost" | "times";

/** The name of imp's file about a log, in its daemon's directory. */
export function bookName(stream: LogStream, kind: Kind): string {
  return `log.${stream}.${kind}`;
}

/** @returns undefined if there is none, or none that this imp understands */
export function readBook(directory: string, stream: LogStream): LogBook | undefined {
  const book = readJson(`${directory}/${bookName(stream, "book")}`);
  return book?.schema === 1 && typeof book.base === "number"
    ? book as unknown as LogBook
    : undefined;
}

export function readWay(directory: string, stream: LogStream): LogWay | undefined {
  const way = readJson(`${directory}/${bookName(stream, "way")}`);
  return way?.schema === 1 && typeof way.mode === "string" ? way as unknown as LogWay : undefined;
}

/** Whether a daemon's log, or its terminal, needs a process of imp besides its keeper. */
export function isLogWatched(directory: string): boolean {
  if (terminalPath(directory) !== undefined) return true;
  const ways = [readWay(directory, "stdout"), readWay(directory, "stderr")];
  return ways.some((way) => way !== undefined && way.mode !== "direct");
}

/** The file with the path of a daemon's terminal, in its directory. */
const TERMINAL_NOTE = "log.terminal";

/** The terminal last made for a daemon; undefined if it has none. */
export function terminalPath(directory: string): string | undefined {
  const path = readJson(`${directory}/${TERMINAL_NOTE}`)?.path;
  return typeof path === "string" && /^\/dev\/pts\/\d+$/.test(path) ? path : undefined;
}

/** @param path undefined: it has none. @throws ImpError */
export function noteTerminal(directory: string, path: string | undefined): void {
  if (path !== undefined) return writeJson(directory, TERMINAL_NOTE, { schema: 1, path });
  removeIn(AT_FDCWD, `${directory}/${TERMINAL_NOTE}`);
}

/** @throws ImpError */
export function writeBook(directory: string, stream: LogStream, book: LogBook): void {
  writeJson(directory, bookName(stream, "book"), book);
}

/** @throws ImpError */
export function writeWay(directory: string, stream: LogStream, way: LogWay): void {
  writeJson(directory, bookName(stream, "way"), way);
}

export function readJson(path: string): Record<string, unknown> | undefined {
  const fd = tryOpen(path, O_RDONLY | O_NOFOLLOW);
  if (fd < 0) return undefined;
  try {
    const value = JSON.parse(new TextDecoder().decode(readToEnd(fd, path)));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  } finally {
    closeFile(fd);
  }
}

/** @throws ImpError; then the old content remains */
function writeJson(path: string, name: string, value: object): void {
  replaceBookFile(path, name, `${JSON.stringify(value)}\n`);
}

/**
 * The new content appears completely or not at all, even after a kill. @throws ImpError; then the old content remains
 */
export function replaceBookFile(path: string, name: string, content: string | Uint8Array): void {
  writeWhole(`${path}/${name}`, content, { mode: OF_ITS_USER });
}
