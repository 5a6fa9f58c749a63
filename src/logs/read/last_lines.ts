import { textFromBytes } from "../../base/byte_text.ts";
import { LineSplitter } from "../../base/line_splitter.ts";
import { LogCursor } from "./cursor.ts";
import { beginningOfRun } from "../times.ts";
import { logFiles, type LogPlace } from "../place.ts";

/** A longer line is cut there. */
const LONGEST = 4096;

/**
 * The last lines of a daemon's log, newest last. With a separate stderr, its lines come last: they more often tell why
 * a program ended.
 * @param startedAt start of the run whose lines are wanted; milliseconds since 1970
 * @returns at most `count`; none if there is no log, or it cannot be read
 */
export function lastLines(
  { directory, log, user }: Pick<LogPlace, "directory" | "log" | "user">,
  count: number,
  startedAt: number,
): string[] {
  const lines = logFiles(log, user).flatMap((file) => {
    try {
      const from = beginningOfRun(directory, file.stream, startedAt);
      return linesOf(new LogCursor(directory, file), count, from);
    } catch {
      return [];
    }
  });
  return lines.slice(-count);
}

function linesOf(cursor: LogCursor, count: number, from = 0): string[] {
  const splitter = new LineSplitter(LONGEST);
  let lines: Uint8Array[] = [];
  try {
    cursor.toLastLines(count);
    if (cursor.position < from) cursor.toLineAt(from);
    for (;;) {
      const bytes = cursor.next();
      if (bytes.length === 0) break;
      lines = [...lines, ...splitter.take(bytes)].slice(-count);
    }
  } finally {
    cursor.close();
  }
  return [...lines, ...splitter.end()].slice(-count).map(textFromBytes);
}
