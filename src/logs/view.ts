import { textFromBytes } from "../base/byte_text.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../libc/machine.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { listNames, statFd } from "../libc/descriptors/stat.ts";
import { type LogBook, readBook, skipOf } from "./book.ts";
import { isMarked } from "./cut_mark.ts";
import { openToRead } from "./open_to_read.ts";
import type { LogFile } from "./place.ts";
import { cutName, partName, partsAmong } from "./parts.ts";

/** A file with a stretch of a log. */
export interface LogPiece {
  readonly fd: number;
  readonly inode: string;
  /** Where the stretch begins in the file. */
  readonly from: number;
  /** Where it ended when it was opened: only the last one grows. */
  readonly to: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A log as it was at one moment: its parts and its file, open. */
export interface LogView {
  /** The oldest first. */
  readonly parts: readonly LogPiece[];
  /** The file that the program writes to; undefined when it is not there. */
  readonly file?: LogPiece;
  /** The position of the first byte of `file` (of the file, not of its stretch) in the stream. */
  readonly base: number;
}

/** A cut takes milliseconds; who was looked at in the middle of one is looked at again. */
const MOST_TRIES = 100;

/**
 * Opens what there is of a log so that every line is in it once, also while it is being cut or was left half cut by a kill.
 * @param directory of the daemon
 */
export function openView(directory: string, file: LogFile): LogView {
  const { stream } = file;
  for (let tries = 0;; tries++) {
    const before = readBook(directory, stream);
    const opened = openPieces(file, before);
    const after = readBook(directory, stream);
    const same = JSON.stringify(before) === JSON.stringify(after) &&
      opened.marked === isMarkedNow(opened.view, after);
    if (same || tries === MOST_TRIES) return opened.view;
    closeView(opened.view);
  }
}

export function closeView({ parts, file }: LogView): void {
  for (const { fd } of parts) closeFile(fd);
  if (file) closeFile(file.fd);
}

/** Whether the log was cut, or marked to be cut, since it was opened: then what was read may stand elsewhere by now. */
export function isOutdated(
  directory: string,
  { stream }: LogFile,
  { base, file }: LogView,
): boolean {
  const book = readBook(directory, stream);
  if (book === undefined || file === undefined || book.inode !== file.inode) return false;
  const now = whereFileBegins(file.fd, book);
  if (now.base !== base || now.from !== file.from) return true;
  // The next step may have been taken between the two looks.
  return book.cut !== undefined &&
    JSON.stringify(readBook(directory, stream)) !== JSON.stringify(book);
}

interface Opened {
  readonly view: LogView;
  readonly marked: boolean;
}

function openPieces(log: LogFile, book: LogBook | undefined): Opened {
  const { fd, directory, name, act } = openToRead(log);
  try {
    const file = fd < 0 ? undefined : pieceOf(fd);
    const known = file && book?.inode === file.inode ? book : undefined;
    const begin = file && known && whereFileBegins(file.fd, known);
    const parts = directory < 0 ? [] : act(() => openParts(directory, name, begin?.copy ?? false));
    const base = begin?.base ?? (book ? book.base + book.skip : 0);
    const view = { parts, base, ...file && { file: { ...file, from: begin?.from ?? 0 } } };
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

/** The table of a cut's steps, as a reader has to see them; cut.ts. */
function whereFileBegins(fd: number, book: LogBook): Beginning {
  const { cut, base } = book;
  if (cut === undefined) return { base, from: skipOf(fd, book), copy: false, marked: false };
  if (cut.step === "cut") return { base, from: skipOf(fd, book), copy: true, marked: false };
  if (isMarked(fd, cut)) return { base, from: cut.end, copy: true, marked: true };
  return cut.step === "copied"
    ? { base, from: skipOf(fd, book), copy: false, marked: false }
    : { base: base + cut.bytes, from: cut.end - cut.bytes, copy: true, marked: false };
}

function openParts(directory: number, name: string, copy: boolean): LogPiece[] {
  const list = tryOpen(".", O_RDONLY | O_DIRECTORY, 0, directory);
  if (list < 0) return [];
  const found = listNames(list);
  closeFile(list);
  if (typeof found === "string") return [];
  const names = found.map(textFromBytes);
  const parts = partsAmong(names, name).map((number) => partName(name, number));
  if (copy && names.includes(cutName(name))) parts.push(cutName(name));
  return parts.flatMap((part) => {
    const fd = tryOpen(part, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0, directory);
    return fd < 0 ? [] : pieceOf(fd) ?? [];
  });
}

/** @returns undefined, and closes it, when it is no regular file: a terminal or a FIFO has nothing to look back on */
function pieceOf(fd: number): LogPiece | undefined {
  const { kind, size, inode, modified } = statFd(fd);
  if (kind === "file") return { fd, inode: String(inode), from: 0, to: size, modified };
  closeFile(fd);
}
