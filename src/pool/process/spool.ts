import type { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { moveUp } from "../../libc/descriptors/files.ts";
import { createUnnamedFile, cutFile, sizeOf, transfer } from "../../libc/descriptors/spool.ts";
import { callersVariable } from "../../libc/processes/process_image.ts";
import { isFull } from "../output/io_errors.ts";
import type { Piece } from "../output/writer.ts";

export const ROOM_HINT = "set TMPDIR to a folder with more room";

/** A file without a name, and where it is. */
interface Place {
  readonly fd: number;
  readonly folder: string;
}

interface SpoolFile extends Place {
  end: number;
  /** Bytes still needed. */
  live: number;
}

/**
 * Unnamed files on disk for waiting output: they take over from jobs' memory files when these become many or large. One
 * is enough until its disk is full; the next one is in another folder. They vanish with imp, however it ends.
 */
export class Spool {
  private readonly files: SpoolFile[] = [];
  private readonly folders: string[];

  /** @param first the first folder; TMPDIR by default */
  constructor(first?: string) {
    this.folders = places(first);
  }

  /**
   * Appends `count` bytes of a file and returns where they are now.
   * @throws ImpError if all disks are full; then nothing has changed
   */
  take(from: number, position: number, count: number): Piece {
    for (let file = this.files.at(-1) ?? this.open();; file = this.open()) {
      const start = file.end;
      const code = append(file.fd, from, position, count);
      file.end = sizeOf(file.fd);
      if (code === 0) {
        file.live += file.end - start;
        return { fd: file.fd, from: start, to: file.end, spooled: true };
      }
      file.end = cutFile(file.fd, start);
      if (!isFull(code) || this.folders.length === 0) throw spoolError(code, file.folder);
    }
  }

  /** The piece has been written, or is no longer needed. */
  drop(piece: Piece): void {
    if (!piece.spooled) return;
    const file = this.files.find(({ fd }) => fd === piece.fd)!;
    file.live -= piece.to - piece.from;
    if (file.live === 0) file.end = cutFile(file.fd, 0);
  }

  private open(): SpoolFile {
    const file = { ...openUnnamed(this.folders), end: 0, live: 0 };
    this.files.push(file);
    return file;
  }
}

/** An unnamed file, wherever one can be made. @throws ImpError */
export function openSpool(): Place {
  return openUnnamed(places());
}

/** @param folders those up to the one used are removed */
function openUnnamed(folders: string[]): Place {
  const [first] = folders;
  let code = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const fd = createUnnamedFile(folder);
    if (fd >= 0) return { fd: moveUp(fd, 20), folder };
    code ||= -fd;
  }
  throw systemError(code, "make a temporary file in", first, {
    hint: ROOM_HINT,
    exit: EXIT.failed,
  });
}

function places(first = callersVariable("TMPDIR")): string[] {
  return [...first ? [first] : [], "/var/tmp", "/tmp", "."];
}

/** @returns 0, or an errno */
function append(to: number, from: number, position: number, count: number): number {
  for (let moved = 0; moved < count;) {
    const n = transfer(to, from, position + moved, count - moved);
    if (n < 0) return -n;
    if (n === 0) break;
    moved += n;
  }
  return 0;
}

/** @param folder the last one tried */
function spoolError(code: number, folder: string): ImpError {
  return systemError(code, "keep the output of jobs in", folder, {
    hint: ROOM_HINT,
    exit: EXIT.failed,
  });
}
