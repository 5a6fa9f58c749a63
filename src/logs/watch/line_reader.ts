import { readAt } from "../../libc/descriptors/spool.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { bookName, readJson } from "../book.ts";
import { behindLogLine, endOfLogLine, LONGEST_LOG_LINE } from "../write/line_cutter.ts";
import { type FormatLine, longestForm } from "../write/line_format.ts";
import type { LogWriter } from "../write/log_writer.ts";
import type { Losses } from "../write/loss.ts";
import type { PipeProgress } from "./pipe_progress.ts";
import type { LogStream } from "../place.ts";
import { noteInPlace } from "../write/note_in_place.ts";
import { spooled, SpoolFile } from "../write/spool_file.ts";
import { pumpSpool } from "../write/spool_pump.ts";

/** How far the spool is in the log: every line after `size` in that file came from after `position`. */
interface Checkpoint {
  readonly position: number;
  readonly inode: string;
  readonly size: number;
  /** The first of these lines is imp's own: a notice of loss. */
  readonly notice?: boolean;
}

function isCheckpoint(record: object): record is Checkpoint {
  const { position, inode, size }: { [K in keyof Checkpoint]?: unknown } = record;
  return typeof position === "number" && typeof inode === "string" && typeof size === "number";
}

/** Lines in the log's form, until written. One buffer for all: this process should stay small. */
const output = new Uint8Array(longestForm(LONGEST_LOG_LINE));
/** How much is written at once, or one line: the memory after that remains untouched. */
const FULL = 1 << 15;
/** A line that is too long is recognised by what follows. */
const LONGEST = LONGEST_LOG_LINE + 1;
const NEWLINE = 10;
/** An empty spool of this size is released. */
const LARGE_SPOOL = 1 << 16;

/** Writes a pipe's output into a log of another form, line by line, every line once, even after a kill. */
export class LineReader {
  private readonly spool: SpoolFile;
  private position = 0;
  private ready = false;
  /** The log was examined since the pump began. */
  private prepared = false;

  constructor(
    private readonly pipe: number,
    private readonly writer: LogWriter,
    private readonly losses: Losses,
    private readonly format: FormatLine,
    private readonly directory: string,
    private readonly stream: LogStream,
  ) {
    this.spool = new SpoolFile(directory, stream);
  }

  pump(now: number): PipeProgress {
    const { pipe, spool, losses } = this;
    const position = () => this.position;
    const handOn = (over: boolean) => this.write(now, over);
    this.prepared = false;
    return pumpSpool({ pipe, spool, losses, position, handOn }, now);
  }

  close(): void {
    this.spool.close();
  }

  /** @returns 0, or an errno */
  private write(now: number, over: boolean): number {
    const code = (this.prepared ? 0 : this.writer.prepare(now)) ||
      (this.ready ? 0 : this.recover()) || this.tell(now);
    if (code !== 0) return code;
    this.prepared = true;
    for (let most = FULL;;) {
      const base = this.position;
      const loaded = this.spool.load(base, most);
      if (loaded < 0) return -loaded;
      const last = over && base + loaded >= this.spool.size;
      for (;;) {
        const from = this.position - base;
        if (endOfLogLine(spooled, from, loaded, last) < 0) break;
        const written = this.append(from, loaded, last, now);
        if (written !== 0) return written;
        // An incomplete line ended with its program: what follows belongs to another.
        if (over) this.note();
      }
      if (this.position > base) most = FULL;
      else if (loaded < most || most === LONGEST) return this.tidy();
      else most = LONGEST;
    }
  }

  /** Writes loaded lines. @returns 0, also if a new file was begun for them; or an errno */
  private append(from: number, loaded: number, last: boolean, now: number): number {
    const { room } = this.writer;
    let length = 0, at = from;
    while (length < FULL) {
      const to = endOfLogLine(spooled, at, loaded, last);
      if (to < 0) break;
      const next = this.format(spooled, at, to, now, output, length);
      // At least one line for each file.
      if (next < 0 || length > 0 && next > room) break;
      length = next;
      at = behindLogLine(spooled, to, loaded);
    }
    if (length > room && this.writer.size > 0) {
      const code = this.writer.rotate();
      if (code !== 0) return code;
      this.note();
      return 0;
    }
    const code = this.writer.append(output.subarray(0, length));
    if (code !== 0) return code;
    this.losses.succeeded();
    this.position += at - from;
    return 0;
  }

  /** Everything is written: the spool starts over. */
  private tidy(): number {
    if (this.position < this.spool.size || this.spool.size < LARGE_SPOOL) return 0;
    this.spool.empty();
    this.position = 0;
    this.note();
    return 0;
  }

  private note(notice?: boolean): void {
    const { inode, size } = this.writer;
    const checkpoint: Checkpoint = { position: this.position, inode, size, notice };
    noteInPlace(this.directory, bookName(this.stream, "done"), checkpoint);
  }

  /** Finds where the process that wrote before this one was killed. @returns 0, or an errno */
  private recover(): number {
    const path = `${this.directory}/${bookName(this.stream, "done")}`;
    const last = readJson(path);
    this.position = 0;
    // A shorter spool was emptied, and that was not recorded any more.
    if (last && isCheckpoint(last) && last.position <= this.spool.size) {
      this.position = last.position;
      let lines = this.linesSince(last);
      if (last.notice && lines > 0) lines--;
      while (lines > 0) {
        const found = this.spool.linesFrom(this.position, false);
        if (typeof found === "number") return found;
        if (found.length === 0) break;
        const taken = found.slice(0, lines);
        this.position = taken[taken.length - 1].end;
        lines -= taken.length;
      }
    }
    this.ready = true;
    this.note();
    return 0;
  }

  /** How many lines were written since a checkpoint; one cut off by a kill is removed. */
  private linesSince({ inode, size }: Checkpoint): number {
    const { writer } = this;
    if (writer.inode === inode) return this.linesInFile(size);
    const part = writer.openNewestPart(inode);
    const old = part < 0 ? 0 : countLines(part, size).lines;
    if (part >= 0) closeFile(part);
    return old + this.linesInFile(0);
  }

  private linesInFile(from: number): number {
    const { lines, end } = countLines(this.writer.fd, from);
    this.writer.shorten(end);
    return lines;
  }

  private tell(now: number): number {
    const notice = this.losses.notice(now);
    if (notice === undefined) return 0;
    this.note(true);
    const line = new TextEncoder().encode(notice);
    const length = this.format(line, 0, line.length, now, output, 0);
    const code = this.writer.append(output.subarray(0, length));
    if (code !== 0) return code;
    this.losses.told(now);
    this.note();
    return 0;
  }
}

/** Line breaks from a position on, and the position after the last one. */
function countLines(fd: number, from: number): { lines: number; end: number } {
  let lines = 0, end = from;
  for (let at = from;;) {
    const bytes = readAt(fd, at, 1 << 16);
    if (typeof bytes === "number" || bytes.length === 0) break;
    for (let i = bytes.indexOf(NEWLINE); i >= 0; i = bytes.indexOf(NEWLINE, i + 1)) {
      lines++;
      end = at + i + 1;
    }
    at += bytes.length;
  }
  return { lines, end };
}
