import type { FileStatus } from "../../libc/descriptors/stat.ts";
import type { EntryFacts, EntryKind } from "./messages.ts";

const KINDS: readonly string[] = ["file", "directory", "link"];
/** The clock of a file system may be so coarse: a file can change again without a change of its time. */
const COARSE_MS = 2000;

/** What travels of a status; undefined for what does not travel. */
export function factsOf(status: FileStatus): EntryFacts | undefined {
  if (!KINDS.includes(status.kind)) return undefined;
  const { mode, modified, nanoseconds, size, inode } = status;
  return {
    kind: status.kind as EntryKind,
    mode: mode & 0o777,
    seconds: Math.round((modified - nanoseconds / 1e6) / 1000),
    nanoseconds,
    size,
    inode: Number(inode),
    isRecent: Math.abs(Date.now() - modified) <= COARSE_MS,
  };
}

/** Whether nothing has been written to a file between two looks at it. */
export function isAsBefore(before: EntryFacts, now: EntryFacts): boolean {
  return before.size === now.size && before.seconds === now.seconds &&
    before.nanoseconds === now.nanoseconds;
}

/**
 * Whether a file that is there is the one that is offered, or a copy of it: of that size and time. A time that is almost now
 * counts only where the inode is the same too: then it is the file itself, and must not be replaced, or removed behind a job.
 */
export function isThere(there: EntryFacts, offered: EntryFacts): boolean {
  if (there.kind !== offered.kind || !isAsBefore(there, offered)) return false;
  return there.inode === offered.inode || !(there.isRecent || offered.isRecent);
}
