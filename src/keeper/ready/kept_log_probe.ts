import { ImpError } from "../../base/errors.ts";
import { LineSplitter } from "../../base/line_splitter.ts";
import { LogCursor } from "../../logs/read/cursor.ts";
import type { LogFile } from "../../logs/place.ts";
import { beginningOfRun } from "../../logs/times.ts";
import { type Probe, ProbePauses, type Readiness } from "../../ready/probe.ts";

/** How much of a log is searched if the beginning of a run's part is unknown. */
const RECENT = 1 << 16;
/** A longer line is cut there. */
const LONGEST = 1 << 16;
/** A program may write as fast as it is read. */
const MOST_CHUNKS = 64;

interface SearchedLog {
  readonly cursor: LogCursor;
  readonly lines: LineSplitter;
}

/** Ready when a matching line is appended to one of a kept daemon's logs, however it is rotated meanwhile. */
export class KeptLogProbe implements Probe {
  private readonly pauses = new ProbePauses();
  private readonly logs: readonly SearchedLog[];
  private seen = false;

  /**
   * @param directory of the daemon
   * @param startedAt of a program started by an earlier turn, milliseconds since 1970; undefined: none runs yet
   * @param written the program's part of a line of the log; undefined: nothing
   */
  constructor(
    private readonly pattern: RegExp,
    directory: string,
    files: readonly LogFile[],
    startedAt: number | undefined,
    private readonly written: (line: string) => string | undefined,
  ) {
    this.logs = files.map((file) => {
      const cursor = new LogCursor(directory, file);
      const oldest = cursor.position;
      cursor.toEnd();
      if (startedAt !== undefined) {
        const begins = beginningOfRun(directory, file.stream, startedAt);
        cursor.position = Math.max(oldest, begins ?? cursor.position - RECENT);
      }
      return { cursor, lines: new LineSplitter(LONGEST) };
    });
  }

  started(): void {}

  look(now: number): Readiness {
    const more = this.logs.map((log) => this.search(log)).includes(true);
    if (this.seen) return "ready";
    return more ? { until: now } : this.pauses.next(now);
  }

  close(): void {
    for (const { cursor } of this.logs) cursor.close();
  }

  /** @returns whether there may be more to read at once */
  private search({ cursor, lines }: SearchedLog): boolean {
    try {
      for (let i = 0; i < MOST_CHUNKS; i++) {
        const bytes = cursor.next();
        if (bytes.length === 0) return false;
        for (const line of lines.take(bytes)) {
          const text = this.written(new TextDecoder().decode(line));
          this.seen ||= text !== undefined && this.pattern.test(text);
        }
      }
      return true;
    } catch (error) {
      // A disk that cannot be read now may be later; the time to become ready is limited.
      if (error instanceof ImpError) return false;
      throw error;
    }
  }
}
