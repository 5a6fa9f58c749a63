import { ImpError } from "../../base/errors.ts";
import type { BookKeeper } from "./cut.ts";
import { bookOf } from "./cut.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import {
  becomePart,
  closeRotated,
  likeLog,
  openForRotation,
  type RotatedFile,
} from "./rotated_file.ts";
import type { LogPlace } from "../place.ts";

/**
 * Renames a log to its own part 1 and begins a new one. Processes that still write to the old file go on doing so.
 * @returns the new one; the old one is closed
 * @throws ImpError; then the old one is still open
 */
export function renameLog(
  log: RotatedFile,
  place: LogPlace,
  keeper: BookKeeper,
): RotatedFile | undefined {
  const book = bookOf(log, keeper.read());
  const { size } = statFd(log.fd);
  becomePart(log, log.name, place.log.keep);
  const next = openForRotation(log.path, place, true);
  if (next) {
    likeLog(next.fd, log);
    const inode = String(next.status.inode);
    try {
      keeper.write({ schema: 1, inode, base: book.base + size, skip: 0, skipped: "" });
    } catch (error) {
      // Times are then known less exactly.
      if (!(error instanceof ImpError)) throw error;
    }
  }
  closeRotated(log);
  return next;
}
