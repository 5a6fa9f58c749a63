import { EIO, ENOENT, O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { writeAt } from "../../libc/descriptors/cut_file.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { cutFile, readAt } from "../../libc/descriptors/spool.ts";
import { statFd, statPath } from "../../libc/descriptors/stat.ts";
import { bookKeeper } from "../book_keeper.ts";
import { errnoOf } from "./loss.ts";
import { markTime } from "../times.ts";
import { closeRotated, openForRotation, type RotatedFile } from "../rotate/rotated_file.ts";
import { partName } from "../rotate/parts.ts";
import { renameLog } from "../rotate/rename_log.ts";
import type { LogFile, LogPlace } from "../place.ts";

const NEWLINE = 10;
/** The precision of lines' times. */
const MARK_MS = 1000;

/** A log's file that only imp writes to. */
export class LogWriter {
  private log: RotatedFile | undefined;
  private marked = 0;
  size = 0;

  constructor(private readonly place: LogPlace, readonly file: LogFile) {}

  get fd(): number {
    return this.log!.fd;
  }

  get inode(): string {
    return String(this.log!.status.inode);
  }

  /**
   * Opens the file, or recreates it if deleted or renamed; checks its size, since somebody may have emptied it.
   * @returns 0, or an errno
   */
  prepare(now: number): number {
    const named = statPath(this.file.path);
    const same = this.log && typeof named !== "string" && named.inode === this.log.status.inode;
    const code = same ? 0 : errnoOf(() => {
      this.close();
      this.log = openForRotation(this.file.path, this.place, true);
      return this.log ? 0 : EIO;
    });
    if (code !== 0) return code;
    this.size = statFd(this.fd).size;
    if (now - this.marked >= MARK_MS) {
      this.marked = now;
      markTime(this.place.directory, this.file, now);
    }
    return 0;
  }

  /** How many bytes fit until it is rotated; negative if it is longer. */
  get room(): number {
    return (this.place.log.maxBytes ?? Infinity) - this.size;
  }

  get endsWithLine(): boolean {
    if (this.size === 0) return true;
    const bytes = readAt(this.fd, this.size - 1, 1);
    return typeof bytes !== "number" && bytes[0] === NEWLINE;
  }

  /** Appends everything or nothing. @returns 0, or an errno */
  append(bytes: Uint8Array): number {
    for (let done = 0; done < bytes.length;) {
      const n = writeAt(this.fd, this.size + done, bytes.subarray(done));
      if (n <= 0) {
        cutFile(this.fd, this.size);
        return n < 0 ? -n : EIO;
      }
      done += n;
    }
    this.size += bytes.length;
    return 0;
  }

  /** Removes what is after a position. */
  shorten(size: number): void {
    if (size < this.size) this.size = cutFile(this.fd, size);
  }

  /**
   * The newest part, if it is the file with that inode, opened with the log's rights. Its path is looked up beside the
   * open log: if somebody else replaces it meanwhile, that file is not opened, or does not block.
   * @returns for reading, close-on-exec; negative if it is another one, or missing
   */
  openNewestPart(inode: string): number {
    const { act, directory, name } = this.log!;
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const fd = act(() => tryOpen(partName(name, 1), flags, 0, directory));
    if (fd < 0) return fd;
    const status = statFd(fd);
    if (status.kind === "file" && String(status.inode) === inode) return fd;
    closeFile(fd);
    return -ENOENT;
  }

  /** Begins a new file. @returns 0, or an errno */
  rotate(): number {
    return errnoOf(() => {
      this.log = renameLog(this.log!, this.place, bookKeeper(this.place, this.file.stream));
      this.size = 0;
      return this.log ? 0 : EIO;
    });
  }

  close(): void {
    if (this.log) closeRotated(this.log);
    this.log = undefined;
  }
}
