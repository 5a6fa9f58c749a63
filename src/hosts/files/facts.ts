import type { FileStatus } from "../../libc/descriptors/stat.ts";
import type { EntryFacts, EntryKind } from "./messages.ts";

const KINDS: readonly string[] = ["file", "directory", "link"];
/** The possible granularity of a file system's clock: a file can change again without a change of its time. */
const COARSE_MS = 2000;

/** The facts that are sent; undefined for kinds of files that are not. */
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

/** Whether a file was not written to between two looks. */
export function isAsBefore(before: EntryFacts, now: EntryFacts): boolean {
  return before.size === now.size && before.seconds === now.seconds &&
    before.nanoseconds === now.nanoseconds;
}

/**
 * Whether an existing file is the offered one, or a copy of it, by size and time. A very recent time counts only with
 * the same inode: then it is the file itself, and must not be replaced, or removed after a job.
 */
export function isThere(there: EntryFacts, offered: EntryFacts): boolean {
  if (there.kind !== offered.kind || !isAsBefore(there, offered)) return false;
  return there.inode === offered.inode || !(there.isRecent || offered.isRecent);
}
