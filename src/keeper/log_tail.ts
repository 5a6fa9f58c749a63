import { textFromBytes } from "../base/byte_text.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import { statFd } from "../libc/descriptors/stat.ts";
import { logFiles } from "../logs/place.ts";
import type { LogSettings } from "../logs/settings.ts";

const TAIL_BYTES = 8192;
const LONGEST_LINE = 1000;

/**
 * The last lines that a program has written, at the moment of its end: a few system calls, before the next one is started and
 * writes to the same file. Not across parts of a log, as lastLines has them.
 */
export function logTail(log: LogSettings, count: number): string[] {
  return logFiles(log).flatMap(({ path }) => tailOf(path, count)).slice(-count);
}

function tailOf(path: string, count: number): string[] {
  const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return [];
  try {
    const { kind, size } = statFd(fd);
    const from = Math.max(0, size - TAIL_BYTES);
    const bytes = kind === "file" && size > 0 ? readAt(fd, from, TAIL_BYTES) : 0;
    if (typeof bytes === "number") return [];
    const lines = textFromBytes(bytes.slice()).split("\n");
    if (lines.at(-1) === "") lines.pop();
    // The first one may be the end of a longer one.
    if (from > 0 && lines.length > 1) lines.shift();
    return lines.slice(-count).map((line) => line.slice(0, LONGEST_LINE));
  } finally {
    closeFile(fd);
  }
}
