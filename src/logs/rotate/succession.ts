import { S_IXUGO } from "../../libc/abi_files.ts";
import type { FileStatus } from "../../libc/descriptors/stat.ts";
import { successorOfOwnFile } from "../../libc/processes/own_file.ts";

/** A file written to so recently may be incomplete, ms. */
const SETTLED_MS = 2000;

/**
 * Whether this process should leave its work to another version of imp: `settling` while that is being installed. One
 * that was started although its path named something else already is running because that cannot be started, and stays.
 */
export class Succession {
  private readonly isOutdated = successorOfOwnFile() !== undefined;

  look(now: number): "none" | "settling" | "leave" {
    return this.isOutdated ? "none" : successionOf(successorOfOwnFile(), now);
  }
}

/** Pure. @param now milliseconds since 1970 */
export function successionOf(
  successor: Pick<FileStatus, "kind" | "mode" | "size" | "modified"> | undefined,
  now: number,
): ReturnType<Succession["look"]> {
  if (successor?.kind !== "file" || successor.size === 0 || !(successor.mode & S_IXUGO)) {
    return "none";
  }
  const age = now - successor.modified;
  return age >= 0 && age < SETTLED_MS ? "settling" : "leave";
}
