import { MADV_DONTNEED } from "../abi.ts";
import { readTextOrNothing } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";

/** A line of /proc/PID/maps for machine code, or for what a file has at its beginning: its constants. */
const TEXT = /^([0-9a-f]+)-([0-9a-f]+) (?:r-xp [0-9a-f]+|r--p 0+) \S+ [1-9]\d* /;

/**
 * Takes the pages of machine code and constants that this process has touched out of its resident memory. They stay in the page
 * cache, and those that are needed come back one by one, at half a microsecond each: after start-up that is a small part of them.
 * Only file mappings that nobody has ever written to: elsewhere MADV_DONTNEED would lose what was written, madvise(2). What the
 * dynamic linker has written to and made read-only then (RELRO) is in the middle of its file.
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
