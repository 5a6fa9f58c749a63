import { FIONREAD, O_CLOEXEC } from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { moveUp } from "./files.ts";
import { libc } from "../calling/load.ts";
import { allocate, type Block, scratch } from "../calling/memory.ts";

let cell: Block | undefined;

/**
 * A pipe, both ends close-on-exec; pipe2(2).
 * @param lowest both ends are this descriptor or above
 * @throws ImpError (EMFILE)
 */
export function openPipe(lowest: number): [readEnd: number, writeEnd: number] {
  return scratch(() => {
    const ends = allocate(8);
    if (libc("pipe2").pipe2(ends.address, O_CLOEXEC) < 0) {
      throw systemError(errno(), "make", "a pipe");
    }
    const end = (offset: number) => moveUp(ends.view.getInt32(offset, true), lowest);
    return [end(0), end(4)];
  });
}

/** Bytes in a pipe that nobody has read; the end that writes may ask too, also when all readers are gone. */
export function unreadBytes(fd: number): number {
  cell ??= allocate(8);
  cell.view.setInt32(0, 0, true);
  return libc("ioctl").ioctl(fd, FIONREAD, cell.address) < 0 ? 0 : cell.view.getInt32(0, true);
}
