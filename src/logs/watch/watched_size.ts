import { EDQUOT, ENOENT, ENOSPC, IN_MODIFY, IN_ONESHOT } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { errnoNumber } from "../../libc/calling/errno.ts";
import type { Inotify } from "../../libc/descriptors/inotify.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import type { LogBook, LogWay } from "../book.ts";
import { bookKeeper } from "../book_keeper.ts";
import { nextLook } from "./check_pace.ts";
import { cutLog } from "../rotate/cut.ts";
import type { LogFile, LogPlace } from "../place.ts";
import { renameLog } from "../rotate/rename_log.ts";
import {
  closeRotated,
  dropOldest,
  openForRotation,
  type RotatedFile,
} from "../rotate/rotated_file.ts";
import { markTime } from "../times.ts";

const MARK_MS = 1000;
/** After a failed cut: a full disk, for example. */
const AGAIN_MS = 2000;
/** If the kernel does not report writing to a quiet log, for lack of inotify instances or watches. */
const BLIND_MS = 2000;
/** The size of a part if there is no room for a larger one. */
const SMALLEST_PART = 1 << 16;

/** A log that its program writes directly, and that is cut or renamed at a size. */
export class WatchedSize {
  /** When to look next, on the clock of {@link look}; Infinity: when somebody writes to it. */
  due = 0;
  /** The inotify watch that reports it. */
  watch = -1;
  private before = 0;
  private lookedAt = 0;
  private grownAt = 0;
  private marked = 0;

  /** @param reopen makes the program reopen its log; only for logs that are renamed */
  constructor(
    private readonly place: LogPlace,
    private readonly file: LogFile,
    private readonly way: LogWay,
    private readonly reopen: () => void,
  ) {}

  /** @param now milliseconds since 1970 */
  look(now: number, inotify: Inotify): void {
    const most = this.place.log.maxBytes ?? Infinity;
    let size = this.sizeNow();
    if (size !== this.before) this.grownAt = now;
    if (size !== this.before && now - this.marked >= MARK_MS) {
      this.marked = now;
      markTime(this.place.directory, this.file, now);
    }
    let failed = false;
    if (size >= most) {
      failed = !this.rotate(most);
      size = this.sizeNow();
      this.before = Math.min(this.before, size);
    }
    const pace = nextLook({
      size,
      before: this.before,
      elapsedMs: now - this.lookedAt,
      quietMs: now - this.grownAt,
      most,
    });
    this.before = size;
    this.lookedAt = now;
    this.due = failed ? now + AGAIN_MS : pace === "quiet" ? this.rest(now, inotify) : now + pace;
  }

  private sizeNow(): number {
    const status = statPath(this.file.path);
    return typeof status === "string" || status.kind !== "file" ? 0 : status.size;
  }

  /** Waits until somebody writes to it. What was written meanwhile is noticed. */
  private rest(now: number, inotify: Inotify): number {
    this.watch = inotify.add(this.file.path, IN_MODIFY | IN_ONESHOT);
    if (this.sizeNow() !== this.before) return now;
    if (this.watch < 0 && this.watch !== -ENOENT) return now + BLIND_MS;
    // Deleted, it comes back with the next start of its program, which is announced.
    return Infinity;
  }

  /** @returns false if it could not be rotated */
  private rotate(most: number): boolean {
    try {
      const log = openForRotation(this.file.path, this.place, false);
      if (log === undefined) return true;
      if (this.way.mode === "cut") return this.cut(log, most);
      const next = renameLog(log, this.place, bookKeeper(this.place, this.file.stream));
      if (next) closeRotated(next);
      this.reopen();
      return true;
    } catch (error) {
      if (error instanceof ImpError) return false;
      throw error;
    }
  }

  /**
   * Repeats while there is something to cut. If there is no room for a copy, a smaller one is made, then old parts are
   * removed.
   */
  private cut(log: RotatedFile, most: number): boolean {
    const { keeper, refused } = this.ownKeeper();
    const rule = { most, keep: this.place.log.keep, unit: this.way.unit };
    let piece = most, drop = false;
    try {
      for (;;) {
        try {
          if (!cutLog(log, { ...rule, piece, drop }, keeper)) return true;
          drop = false;
        } catch (error) {
          // Removing parts frees no room on another file system.
          if (!isFull(error) || refused(log)) throw error;
          if (piece > SMALLEST_PART) piece = Math.max(SMALLEST_PART, piece >> 2);
          else if (!dropOldest(log)) {
            // The oldest lines are dropped, rather than the next ones.
            if (drop) return false;
            drop = true;
          }
        }
      }
    } finally {
      closeRotated(log);
    }
  }

  /** The log's book; `refused`: it could not be written, and is on another file system than the log. */
  private ownKeeper() {
    const { directory } = this.place;
    const book = bookKeeper(this.place, this.file.stream);
    let failed = false;
    const write = (next: LogBook) => {
      failed = true;
      book.write(next);
      failed = false;
    };
    const refused = ({ status }: RotatedFile) => {
      const place = failed ? statPath(directory) : "";
      return typeof place !== "string" && place.device !== status.device;
    };
    return { keeper: { read: book.read, write }, refused };
  }
}

function isFull(error: unknown): boolean {
  if (!(error instanceof ImpError) || !error.errno) return false;
  return [ENOSPC, EDQUOT].includes(errnoNumber(error.errno));
}
