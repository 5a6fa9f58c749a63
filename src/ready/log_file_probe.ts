import { LineSplitter } from "../base/line_splitter.ts";
import { O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import { statPath, tryStatFd } from "../libc/descriptors/stat.ts";
import { type Probe, ProbePauses, type Readiness } from "./probe.ts";

/** Only whole blocks are cut off the beginning of a log. */
const BLOCK = 4096;
const CHUNK = 1 << 16;

/** A growing log: what was appended since some moment, in lines. */
export class AppendedLines {
  private readonly lines = new LineSplitter();
  private position: number;
  private inode: bigint | undefined;
  private size: number;

  constructor(private readonly path: string) {
    const status = statPath(path);
    this.size = typeof status === "string" ? 0 : status.size;
    this.inode = typeof status === "string" ? undefined : status.inode;
    this.position = this.size;
  }

  *take(): Generator<string> {
    const fd = tryOpen(this.path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) return;
    try {
      const status = tryStatFd(fd);
      if (status?.kind !== "file") return;
      this.follow(status.inode, status.size);
      for (;;) {
        const bytes = readAt(fd, this.position, CHUNK);
        if (typeof bytes === "number" || bytes.length === 0) return;
        this.position += bytes.length;
        for (const line of this.lines.take(bytes.slice())) yield new TextDecoder().decode(line);
      }
    } finally {
      closeFile(fd);
    }
  }

  /** The beginning of an incomplete line. */
  rest(): string[] {
    return this.lines.end().map((line) => new TextDecoder().decode(line));
  }

  /** A new file in its place is read from the beginning; one that was cut, from where the rest has moved to. */
  private follow(inode: bigint, size: number): void {
    if (this.inode !== undefined && inode !== this.inode) this.position = 0;
    else if (size < this.size) {
      const cut = Math.ceil((this.size - size) / BLOCK) * BLOCK;
      this.position = Math.max(0, this.position - cut);
    }
    this.inode = inode;
    this.size = size;
  }
}

/** Ready when a line that matches is appended to one of these logs. Made before the program starts. */
export class LogFileProbe implements Probe {
  private readonly pauses = new ProbePauses();
  private readonly logs: readonly AppendedLines[];
  private seen = false;

  constructor(private readonly pattern: RegExp, paths: readonly string[]) {
    this.logs = paths.map((path) => new AppendedLines(path));
  }

  started(): void {}

  look(now: number): Readiness {
    for (const log of this.logs) {
      for (const line of log.take()) this.seen ||= this.pattern.test(line);
    }
    return this.seen ? "ready" : this.pauses.next(now);
  }

  close(): void {}
}
