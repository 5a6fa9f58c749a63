import { textFromBytes } from "../../base/byte_text.ts";
import { ENOENT, O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { listNames, statFd } from "../../libc/descriptors/stat.ts";
import { type LogBook, readBook, skipOf } from "../book.ts";
import { isMarked } from "../rotate/cut_mark.ts";
import { openToRead } from "./open_to_read.ts";
import type { LogFile } from "../place.ts";
import { openParts, type PartsDirectory } from "./open_parts.ts";
import { cutName } from "../rotate/parts.ts";

/** A file with a range of a log. */
export interface LogPiece {
  readonly fd: number;
  readonly inode: string;
  /** Where the range begins in the file. */
  readonly from: number;
  /** Where it ended when opened: only the last one grows. */
  readonly to: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A log at one moment: its parts and its file, open. */
export interface LogView {
  /** Oldest first. */
  readonly parts: readonly LogPiece[];
  /** The file that the program writes to; undefined if it does not exist. */
  readonly file?: LogPiece;
  /** The position of the first byte of `file` (not of its range) in the stream. */
  readonly base: number;
}

/** A cut takes milliseconds; a look in the middle of one is repeated. */
const MOST_TRIES = 100;

/**
 * Opens everything there is of a log so that it contains every line once, even while it is being cut or after a kill in
 * the middle of a cut.
 * @param directory of the daemon
 */
export function openView(directory: string, file: LogFile): LogView {
  const { stream } = file;
  let known: readonly LogPiece[] = [];
  for (let tries = 0;; tries++) {
    const before = readBook(directory, stream);
    const opened = openPieces(file, before, known);
    const after = readBook(directory, stream);
    const same = JSON.stringify(before) === JSON.stringify(after) &&
      opened.marked === isMarkedNow(opened.view, after);
    if (same || tries === MOST_TRIES) return opened.view;
    // Only new parts are opened again: with many parts, the cutter would otherwise win each time.
    known = opened.view.parts;
    closeView({ ...opened.view, parts: [] });
  }
}

export function closeView({ parts, file }: LogView): void {
  for (const { fd } of parts) closeFile(fd);
  if (file) closeFile(file.fd);
}

/** Whether the log was cut, or marked to be cut, since it was opened: then bytes just read may be elsewhere by now. */
export function isOutdated(
  directory: string,
  { stream }: LogFile,
  { base, file }: LogView,
): boolean {
  const book = readBook(directory, stream);
  if (book === undefined || file === undefined || book.inode !== file.inode) return false;
  const now = whereFileBegins(file.fd, book);
  if (now.base !== base || now.from !== file.from) return true;
  // The next step may have happened between the two looks.
  return book.cut !== undefined &&
    JSON.stringify(readBook(directory, stream)) !== JSON.stringify(book);
}

interface Opened {
  readonly view: LogView;
  readonly marked: boolean;
}

/** @param earlier open parts; those no longer parts are closed */
function openPieces(
  log: LogFile,
  book: LogBook | undefined,
  earlier: readonly LogPiece[],
): Opened {
  const { fd, directory, name, act } = openToRead(log);
  try {
    const file = fd < 0 ? undefined : pieceOf(fd);
    const known = file && book?.inode === file.inode ? book : undefined;
    const begin = file && known && whereFileBegins(file.fd, known);
    const copy = begin?.copy ? cutName(name) : undefined;
    if (directory < 0) earlier.forEach(({ fd }) => closeFile(fd));
    const parts = directory < 0
      ? []
      : act(() => openParts(partsIn(directory), { name, inode: file?.inode }, copy, earlier));
    const base = begin?.base ?? (book ? book.base + book.skip : 0);
    // Its size last: it may have been cut since it was opened, and the old size would be too large.
    const whole = file && { ...file, from: begin?.from ?? 0, to: statFd(file.fd).size };
    const view = { parts, base, ...whole && { file: whole } };
    return { view, marked: begin?.marked ?? false };
  } finally {
    if (directory >= 0) closeFile(directory);
  }
}

function isMarkedNow({ file }: LogView, book: LogBook | undefined): boolean {
  if (file === undefined || book?.inode !== file.inode || book.cut === undefined) return false;
  return isMarked(file.fd, book.cut);
}

interface Beginning {
  readonly base: number;
  readonly from: number;
  /** The copy of what is being cut off counts as a part. */
  readonly copy: boolean;
  readonly marked: boolean;
}

/** The steps of a cut, as a reader must interpret them; cut.ts. */
function whereFileBegins(fd: number, book: LogBook): Beginning {
  const { cut, base } = book;
  if (cut === undefined) return { base, from: skipOf(fd, book), copy: false, marked: false };
  if (cut.step === "cut") return { base, from: skipOf(fd, book), copy: true, marked: false };
  if (isMarked(fd, cut)) return { base, from: cut.end, copy: true, marked: true };
  return cut.step === "copied"
    ? { base, from: skipOf(fd, book), copy: false, marked: false }
    : { base: base + cut.bytes, from: cut.end - cut.bytes, copy: true, marked: false };
}

function partsIn(directory: number): PartsDirectory<LogPiece> {
  return {
    names() {
      const list = tryOpen(".", O_RDONLY | O_DIRECTORY, 0, directory);
      if (list < 0) return [];
      const names = listNames(list);
      closeFile(list);
      return typeof names === "string" ? [] : names.map(textFromBytes);
    },
    open(name) {
      const fd = tryOpen(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0, directory);
      return fd === -ENOENT ? "missing" : fd < 0 ? undefined : pieceOf(fd);
    },
    close: ({ fd }) => closeFile(fd),
  };
}

/** @returns undefined, and closes it, if it is not a regular file: a terminal or a FIFO has no past content */
function pieceOf(fd: number): LogPiece | undefined {
  const { kind, size, inode, modified } = statFd(fd);
  if (kind === "file") return { fd, inode: String(inode), from: 0, to: size, modified };
  closeFile(fd);
}
