import { textFromBytes } from "../../base/byte_text.ts";
import { LineSplitter } from "../../base/line_splitter.ts";
import { LogCursor } from "../../logs/read/cursor.ts";
import { timeOfLine } from "../../logs/write/line_format.ts";
import type { LinePrinter } from "./printer.ts";
import type { LogSource } from "./sources.ts";
import { timeWindow } from "./time_window.ts";

/** Which lines of each log to show. */
export interface WantedLines {
  readonly lines?: number;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
}

/** Longer lines are split, so as not to fill memory. */
const LONGEST_LINE = 1 << 24;

/** A log on its way to the reader. */
export class ShownLog {
  private readonly cursor: LogCursor;
  private readonly splitter = new LineSplitter(LONGEST_LINE);
  private to = Infinity;
  private over = false;
  /** How the times are inexact. */
  readonly doubt?: string;

  /** @param whole from its beginning: the log began while others were followed */
  constructor(
    readonly source: LogSource,
    private readonly wanted: WantedLines,
    whole = false,
  ) {
    this.cursor = new LogCursor(source.directory, source.file);
    if (whole) return;
    const { lines, since, until } = wanted;
    const window = since === undefined && until === undefined
      ? {}
      : timeWindow(source, this.cursor, since, until);
    const first = this.cursor.position;
    if (lines !== undefined) this.cursor.toLastLines(lines);
    const last = this.cursor.position;
    if (window.from !== undefined && window.from > (lines === undefined ? first : last)) {
      this.cursor.toLineAt(window.from);
    }
    // Lines that carry their own time are compared one by one.
    if (source.log.format === "raw") {
      this.to = window.to ?? Infinity;
      this.doubt = window.doubt;
    }
  }

  get hasFile(): boolean {
    return this.cursor.hasFile;
  }

  /** Prints the whole lines available now. @param end the last one too, even without a newline */
  print(printer: LinePrinter, end: boolean): void {
    while (!this.over) {
      const before = this.cursor.position;
      let bytes = this.cursor.next();
      if (bytes.length === 0) break;
      const start = Math.max(before, this.cursor.position - bytes.length);
      if (start + bytes.length > this.to) {
        bytes = bytes.subarray(0, Math.max(0, this.to - start));
        this.over = true;
      }
      for (const line of this.splitter.take(bytes)) this.one(printer, line);
    }
    if (end) { for (const line of this.splitter.end()) this.one(printer, line); }
  }

  close(): void {
    this.cursor.close();
  }

  private one(printer: LinePrinter, line: Uint8Array): void {
    const { log: { format } } = this.source;
    const { since, until } = this.wanted;
    if (format !== "raw" && (since !== undefined || until !== undefined)) {
      const at = timeOfLine(textFromBytes(line), format);
      if (at !== undefined && since !== undefined && at < since) return;
      if (at !== undefined && until !== undefined && at >= until) return;
    }
    printer.line(this.source, line);
  }
}
