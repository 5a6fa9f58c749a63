import type { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { systemError } from "../libc/errno.ts";
import { moveUp } from "../libc/files.ts";
import { createUnnamedFile, emptyFile, sizeOf, transfer } from "../libc/spool.ts";
import { runtime } from "../runtime/mod.ts";
import type { Piece } from "./writer.ts";

/**
 * One unnamed file on disk for output that has to wait: it takes over from the memory files of jobs when these become many
 * or large. It vanishes with imp, however imp ends.
 */
export class Spool {
  private fd = -1;
  private end = 0;
  private live = 0;

  /** Appends `count` bytes of a file and says where they are now. @throws ImpError when the disk is full */
  take(from: number, position: number, count: number): Piece {
    if (this.fd < 0) this.fd = openSpool();
    const start = this.end;
    for (let moved = 0; moved < count;) {
      const n = transfer(this.fd, from, position + moved, count - moved);
      if (n < 0) throw spoolError(-n);
      if (n === 0) break;
      moved += n;
    }
    this.end = sizeOf(this.fd);
    this.live += this.end - start;
    return { fd: this.fd, from: start, to: this.end, spooled: true };
  }

  /** The piece has been written, or is not wanted any more. */
  drop(piece: Piece): void {
    if (!piece.spooled) return;
    this.live -= piece.to - piece.from;
    if (this.live === 0) {
      emptyFile(this.fd);
      // This also takes the position there, where the next bytes go.
      this.end = sizeOf(this.fd);
    }
  }
}

/** A file without a name, where there is room for one. @throws ImpError */
export function openSpool(): number {
  const folders = [runtime.env("TMPDIR"), "/var/tmp", "/tmp", "."].filter((one) => one);
  let code = 0;
  for (const folder of folders) {
    const fd = createUnnamedFile(folder!);
    if (fd >= 0) return moveUp(fd, 20);
    code ||= -fd;
  }
  throw systemError(code, "make a temporary file in", folders[0], {
    hint: "set TMPDIR to a folder with room for the output of waiting jobs",
    exit: EXIT.failed,
  });
}

function spoolError(code: number): ImpError {
  return systemError(code, "keep", "the output of waiting jobs", {
    hint: "set TMPDIR to a folder with more room",
    exit: EXIT.failed,
  });
}
