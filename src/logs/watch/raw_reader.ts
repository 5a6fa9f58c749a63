import { EAGAIN } from "../../libc/abi.ts";
import { copyPipe, moveFromPipe } from "../../libc/descriptors/fifo.ts";
import { closeFile, readSome } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openPipe } from "../../libc/descriptors/pipe.ts";
import type { LogWriter } from "../write/log_writer.ts";
import type { Losses } from "../write/loss.ts";
import type { PipeProgress } from "./pipe_progress.ts";

const NEWLINE = 10;
/** The usual capacity of a pipe. */
const AT_ONCE = 1 << 16;
const MOST_ROUNDS = 64;
/** A line that continues so far beyond the limit is split between two parts. */
const LONGEST_LINE = 1 << 20;

/**
 * Moves a program's output from its pipe to its log within the kernel: bytes leave the pipe as they enter the file, so
 * that no kill can come between.
 */
export class RawReader {
  private peeking: [out: number, into: number] | undefined;

  constructor(
    private readonly pipe: number,
    private readonly writer: LogWriter,
    private readonly losses: Losses,
  ) {}

  /** As much as there is now, within reason. */
  pump(now: number): PipeProgress {
    const unprepared = this.writer.prepare(now) || this.tell(now);
    if (unprepared !== 0) return this.fail(unprepared, now);
    let moved = 0;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const n = this.writer.room > 0 ? this.move(Math.min(AT_ONCE, this.writer.room)) : this.turn();
      if (n === -EAGAIN || n === 0) return { moved, end: n === 0 };
      if (n < 0) return { ...this.fail(-n, now), moved };
      moved += n;
      this.losses.succeeded();
    }
    return { moved, end: false };
  }

  close(): void {
    for (const fd of this.peeking ?? []) closeFile(fd);
  }

  private move(count: number): number {
    const n = moveFromPipe(this.pipe, this.writer.fd, this.writer.size, count);
    if (n > 0) this.writer.size += n;
    return n;
  }

  /** The file is full: a new one begins where a line ends. @returns like moveFromPipe */
  private turn(): number {
    if (this.writer.endsWithLine || this.writer.room <= -LONGEST_LINE) return this.rotated();
    const line = this.peek();
    if (line < 0 || line === 0) return line;
    return this.move(line);
  }

  private rotated(): number {
    const code = this.writer.rotate();
    // Nothing was moved, and now there is room.
    return code === 0 ? this.move(AT_ONCE) : -code;
  }

  /** How many bytes the pipe has up to the end of a line; all of them if no line ends. */
  private peek(): number {
    this.peeking ??= openPipe(FLOOR.job);
    const [out, into] = this.peeking;
    const n = copyPipe(this.pipe, into, AT_ONCE);
    if (n <= 0) return n;
    let seen = 0, found = 0;
    while (seen < n) {
      const bytes = readSome(out);
      if (typeof bytes === "number") break;
      const at = bytes.indexOf(NEWLINE);
      if (found === 0 && at >= 0) found = seen + at + 1;
      seen += bytes.length;
    }
    return found || n;
  }

  /** Reports losses first. @returns 0, or an errno */
  private tell(now: number): number {
    const notice = this.losses.notice(now);
    if (notice === undefined) return 0;
    const begin = this.writer.endsWithLine ? "" : "\n";
    const code = this.writer.append(new TextEncoder().encode(`${begin}${notice}\n`));
    if (code !== 0) return code;
    this.losses.cutEnded();
    this.losses.told(now);
    return code;
  }

  private fail(errno: number, now: number): PipeProgress {
    if (this.losses.failed(errno, now)) this.losses.drop(this.pipe);
    return { moved: 0, end: false, errno };
  }
}
