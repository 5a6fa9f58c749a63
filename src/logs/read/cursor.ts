import { systemError } from "../../libc/calling/errno.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { statFd, statPath } from "../../libc/descriptors/stat.ts";
import type { LogFile } from "../place.ts";
import { closeView, isOutdated, type LogPiece, type LogView, openView } from "./view.ts";

const NEWLINE = 10;
const CHUNK = 1 << 16;

/** A range of a log by positions in its stream. */
interface Stretch {
  readonly piece: LogPiece;
  readonly start: number;
  readonly end: number;
}

/**
 * A position in a log that moves forward, across parts, cuts, renames and new files, a chunk at a time. However long
 * the log, at most one chunk is in memory.
 */
export class LogCursor {
  /** In the stream of the log. */
  position: number;
  private view: LogView;

  /** At the oldest line. @param directory of the daemon */
  constructor(private readonly directory: string, readonly file: LogFile) {
    this.view = openView(directory, file);
    this.position = this.stretches()[0]?.start ?? this.view.base;
  }

  /** Whether the program has a file to write to. */
  get hasFile(): boolean {
    return this.view.file !== undefined;
  }

  /** When the oldest and the newest existing part were last written, milliseconds since 1970. */
  get partsModified(): readonly { position: number; modified: number }[] {
    return this.stretches().map(({ piece, end }) => ({ position: end, modified: piece.modified }));
  }

  toEnd(): void {
    this.position = this.stretches().at(-1)?.end ?? this.position;
  }

  /** Moves to the beginning of the last lines, including an incomplete one. */
  toLastLines(count: number): void {
    for (;;) {
      this.toEnd();
      if (count === 0) return;
      const found = this.backBy(count);
      if (!isOutdated(this.directory, this.file, this.view)) return void (this.position = found);
      this.reopen();
    }
  }

  /** Moves to the first line that begins at or after a position. */
  toLineAt(position: number): void {
    const stretches = this.stretches();
    if (stretches.length === 0) return;
    const [{ start }] = stretches;
    if (position <= start) return void (this.position = start);
    if (position > stretches.at(-1)!.end) return this.toEnd();
    this.position = position - 1;
    for (;;) {
      const bytes = this.next();
      if (bytes.length === 0) return;
      const at = bytes.indexOf(NEWLINE);
      if (at >= 0) return void (this.position -= bytes.length - at - 1);
    }
  }

  /** The next bytes; none if there are no more now. @throws ImpError (EIO …) */
  next(): Uint8Array {
    for (;;) {
      const bytes = this.read();
      if (bytes.length === 0) {
        if (this.goOn()) continue;
        return bytes;
      }
      if (!isOutdated(this.directory, this.file, this.view)) {
        this.position += bytes.length;
        return bytes;
      }
      this.reopen();
    }
  }

  close(): void {
    closeView(this.view);
  }

  private stretches(): Stretch[] {
    const { parts, file, base } = this.view;
    const stretches: Stretch[] = [];
    let start = base + (file?.from ?? 0);
    if (file) stretches.push({ piece: file, start, end: Math.max(start, base + file.to) });
    for (const piece of parts.toReversed()) {
      stretches.unshift({ piece, start: start - piece.to, end: start });
      start -= piece.to;
    }
    return stretches;
  }

  /** From the open view. */
  private read(): Uint8Array {
    const { file, base } = this.view;
    const stretches = this.stretches();
    if (stretches.length > 0 && this.position < stretches[0].start) {
      this.position = stretches[0].start;
    }
    for (const { piece, start, end } of stretches) {
      if (piece === file) break;
      if (this.position < end) return this.bytes(piece, this.position - start, end - this.position);
    }
    if (file === undefined) return new Uint8Array();
    return this.bytes(file, this.position - base, CHUNK);
  }

  private bytes({ fd }: LogPiece, at: number, count: number): Uint8Array {
    const bytes = readAt(fd, at, Math.min(count, CHUNK));
    if (typeof bytes === "number") throw systemError(-bytes, "read", this.file.path);
    // The check below reads from the file too.
    return bytes.slice();
  }

  /** At the end of what was open: whether there is more by now. */
  private goOn(): boolean {
    const { file, base } = this.view;
    const named = statPath(this.file.path);
    if (typeof named === "string") return file !== undefined && this.hasMore(file, base);
    if (file === undefined || String(named.inode) !== file.inode) {
      return this.toOther(openView(this.directory, this.file));
    }
    if (isOutdated(this.directory, this.file, this.view)) {
      this.reopen();
      return true;
    }
    if (this.position - base <= statFd(file.fd).size) return this.hasMore(file, base);
    this.reopen();
    // It was cut after the check.
    if (this.view.base !== base) return true;
    // Somebody has emptied it.
    this.position = this.view.base + (this.view.file?.from ?? 0);
    return true;
  }

  private hasMore({ fd }: LogPiece, base: number): boolean {
    return this.position - base < statFd(fd).size;
  }

  /** There is another file. A deleted one remains readable while it is open here. */
  private toOther(now: LogView): boolean {
    const { file, base } = this.view;
    // What was written since the last look.
    if (now.file === undefined || file && this.hasMore(file, base)) {
      closeView(now);
      return file !== undefined && this.hasMore(file, base);
    }
    const at = this.position - base;
    this.replace(now);
    const renamed = this.stretches().find(({ piece }) => piece.inode === file?.inode);
    this.position = renamed ? renamed.start + at : now.base + now.file.from;
    return true;
  }

  private reopen(): void {
    this.replace(openView(this.directory, this.file));
  }

  private replace(view: LogView): void {
    closeView(this.view);
    this.view = view;
  }

  /** The position where the last `count` lines begin, as far as they exist. */
  private backBy(count: number): number {
    let left = count;
    const stretches = this.stretches().toReversed();
    for (const { piece, start, end } of stretches) {
      for (let to = end; to > start;) {
        const from = Math.max(start, to - CHUNK);
        const at = piece === this.view.file ? from - this.view.base : from - start;
        const bytes = this.bytes(piece, at, to - from);
        for (let i = bytes.lastIndexOf(NEWLINE); i >= 0; i = bytes.lastIndexOf(NEWLINE, i - 1)) {
          // The break that ends the last line does not begin another.
          if (from + i + 1 < this.position && --left === 0) return from + i + 1;
          if (i === 0) break;
        }
        to = from;
      }
    }
    return stretches.at(-1)?.start ?? this.position;
  }
}
