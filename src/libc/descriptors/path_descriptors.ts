import { PROC_SUPER_MAGIC } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, cString, scratch } from "../calling/memory.ts";

const c = libc("readlinkat", "fstatfs");

/** The target of a symbolic link that was opened itself (O_PATH, O_NOFOLLOW). @returns its bytes, or -errno */
export function readLinkOf(fd: number): Uint8Array | number {
  return scratch(() => {
    const { address, bytes } = allocate(4096);
    const n = c.readlinkat(fd, cString(""), address, bytes.length);
    return n < 0 ? -errno() : bytes.slice(0, n);
  });
}

/** Whether an open descriptor is in a procfs; fstatfs(2). */
export function isProcfs(fd: number): boolean {
  return scratch(() => {
    // struct statfs begins with f_type, a long.
    const block = allocate(256);
    return c.fstatfs(fd, block.address) === 0 && block.view.getUint32(0, true) === PROC_SUPER_MAGIC;
  });
}
