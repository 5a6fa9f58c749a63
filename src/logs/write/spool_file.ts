import { EIO, O_CREAT, O_PATH, O_RDWR } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { writeAt } from "../../libc/descriptors/cut_file.ts";
import { moveFromPipe } from "../../libc/descriptors/fifo.ts";
import { closeFile, moveUp, openFile } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { emptyFile, readAt } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { bookName } from "../book.ts";
import { type CutLine, cutLogLines, LONGEST_LOG_LINE } from "./line_cutter.ts";
import type { LogStream } from "../place.ts";

/** No more is read from the program while its log cannot be written. */
const MOST_BYTES = 1 << 20;
const AT_ONCE = 1 << 16;
const NEWLINE = 10;

/** The result of {@link SpoolFile.load}. One buffer for all: the process should stay small. */
export const spooled = new Uint8Array(LONGEST_LOG_LINE + 1);

/**
 * Raw output on its way from the pipe to a log of another form. Bytes move within the kernel, leaving the pipe as they
 * enter this file; from then on only positions in it matter, which a kill does not change.
 */
export class SpoolFile {
  private readonly fd: number;
  size: number;

  /** @param directory of the daemon. @throws ImpError */
  constructor(directory: string, stream: LogStream) {
    const at = openFile(directory, O_PATH | O_DIRECTORY);
    try {
      const flags = O_RDWR | O_CREAT | O_NOFOLLOW;
      this.fd = moveUp(openFile(bookName(stream, "spool"), flags, 0o600, at), FLOOR.job);
    } finally {
      closeFile(at);
    }
    this.size = statFd(this.fd).size;
  }

  /**
   * @param done the position up to which it was written. @returns like moveFromPipe; `full`: there is enough to write
   *   first
   */
  fill(pipe: number, done: number): number | "full" {
    if (this.size - done >= MOST_BYTES) return "full";
    const n = moveFromPipe(pipe, this.fd, this.size, AT_ONCE);
    if (n > 0) this.size += n;
    return n;
  }

  /** Ends an incomplete line. @returns 0, or an errno */
  endLine(): number {
    if (this.size === 0) return 0;
    const last = readAt(this.fd, this.size - 1, 1);
    if (typeof last === "number") return -last;
    if (last[0] === NEWLINE) return 0;
    const n = writeAt(this.fd, this.size, new Uint8Array([NEWLINE]));
    if (n !== 1) return n < 0 ? -n : EIO;
    this.size++;
    return 0;
  }

  /**
   * Reads at most so many bytes from a position on into {@link spooled}. @returns how many there were; -errno if it
   * cannot be read
   */
  load(position: number, most: number): number {
    let length = 0;
    while (length < most) {
      const bytes = readAt(this.fd, position + length, Math.min(AT_ONCE, most - length));
      if (typeof bytes === "number") return bytes || -EIO;
      if (bytes.length === 0) break;
      spooled.set(bytes, length);
      length += bytes.length;
    }
    return length;
  }

  /**
   * Complete lines from a position on. @param over see cutLogLines. @returns an errno if it cannot be read; valid until
   * the next call
   */
  linesFrom(position: number, over: boolean): CutLine[] | number {
    const length = this.load(position, spooled.length);
    if (length < 0) return -length;
    const last = over && position + length >= this.size;
    return cutLogLines(spooled.subarray(0, length), position, last);
  }

  empty(): void {
    emptyFile(this.fd);
    this.size = 0;
  }

  close(): void {
    closeFile(this.fd);
  }
}
