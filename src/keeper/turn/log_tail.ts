import { textFromBytes } from "../../base/byte_text.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { readBook } from "../../logs/book.ts";
import { openToRead } from "../../logs/read/open_to_read.ts";
import { type LogFile, logFiles, type LogPlace } from "../../logs/place.ts";
import { beginningOfRun } from "../../logs/times.ts";

const TAIL_BYTES = 8192;
const LONGEST_LINE = 1000;

/**
 * The last lines that a program had written when it ended: a few system calls, before the next one starts and writes to
 * the same file. Not across parts of a log, unlike lastLines.
 */
export function logTail(
  { directory, log, user }: Pick<LogPlace, "directory" | "log" | "user">,
  count: number,
  startedAt: number,
): string[] {
  return logFiles(log, user).flatMap((file) => {
    const { stream } = file;
    // Positions differ in a log that was once cut.
    const from = readBook(directory, stream) ? 0 : beginningOfRun(directory, stream, startedAt);
    return tailOf(file, count, from);
  }).slice(-count);
}

/** @param begins of the run, unless somebody has emptied the file since */
function tailOf(file: LogFile, count: number, begins = 0): string[] {
  const { fd, directory } = openToRead(file);
  if (directory >= 0) closeFile(directory);
  if (fd < 0) return [];
  try {
    const { kind, size } = statFd(fd);
    const first = begins > size ? 0 : begins;
    const from = Math.max(first, size - TAIL_BYTES);
    const bytes = kind === "file" && size > 0 ? readAt(fd, from, TAIL_BYTES) : 0;
    if (typeof bytes === "number") return [];
    const lines = textFromBytes(bytes.slice()).split("\n");
    if (lines.at(-1) === "") lines.pop();
    // The first one may be the end of a longer line.
    if (from > first && lines.length > 1) lines.shift();
    return lines.slice(-count).map((line) => line.slice(0, LONGEST_LINE));
  } finally {
    closeFile(fd);
  }
}
