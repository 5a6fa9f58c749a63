import { MADV_DONTNEED } from "../abi.ts";
import { readTextOrNothing } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";

/** A line of /proc/PID/maps for machine code, or for the constants at the beginning of a file. */
const TEXT = /^([0-9a-f]+)-([0-9a-f]+) (?:r-xp [0-9a-f]+|r--p 0+) \S+ [1-9]\d* /;

/**
 * Drops the pages of machine code and constants that this process has touched from its resident memory. They stay in
 * the page cache and return one by one when needed, half a microsecond each: after start-up that is a small part of
 * them. Only file mappings never written to: elsewhere MADV_DONTNEED would lose data, madvise(2). What the dynamic
 * linker has written and then made read-only (RELRO) is in the middle of its file.
 */
export function releaseProgramText(): void {
  const { madvise } = libc("madvise");
  for (const line of (readTextOrNothing("/proc/self/maps") ?? "").split("\n")) {
    const match = TEXT.exec(line);
    if (!match) continue;
    const [from, to] = [parseInt(match[1], 16), parseInt(match[2], 16)];
    madvise(from, to - from, MADV_DONTNEED);
  }
}
