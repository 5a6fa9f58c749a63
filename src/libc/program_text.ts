import { readTextOrNothing } from "./files.ts";
import { libc } from "./load.ts";

const MADV_DONTNEED = 4;

/**
 * Takes the pages of machine code that this process has touched out of its resident memory. They stay in the page cache, and
 * those that are needed come back one by one, at half a microsecond each: after start-up that is a small part of them.
 * Only executable file mappings, which nobody writes to: elsewhere MADV_DONTNEED would lose what was written, madvise(2).
 */
export function releaseProgramText(): void {
  const { madvise } = libc("madvise");
  for (const line of (readTextOrNothing("/proc/self/maps") ?? "").split("\n")) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ [1-9]\d* /.exec(line);
    if (!match) continue;
    const [from, to] = [parseInt(match[1], 16), parseInt(match[2], 16)];
    madvise(from, to - from, MADV_DONTNEED);
  }
}
