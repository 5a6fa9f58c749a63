import { EINTR } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";

const c = libc("pread");

/**
 * Up to `length` bytes of a file from an offset on, pread(2): a copy in a buffer of its own.
 * @returns fewer where the file ends; -errno when it fails
 */
export function readAt(fd: number, length: number, offset: number): Uint8Array | number {
  return scratch(() => {
    const block = allocate(length);
    for (;;) {
      const n = c.pread(fd, block.address, length, offset);
      if (n >= 0) return block.bytes.slice(0, n);
      const code = errno();
      if (code !== EINTR) return -code;
    }
  });
}
