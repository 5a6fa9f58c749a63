import { EIO, O_CREAT, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { writeAt } from "../../libc/descriptors/cut_file.ts";
import { closeFile, openFile } from "../../libc/descriptors/files.ts";

/** Every record has this length, padded with spaces: an existing one can be overwritten even on a full disk. */
const BYTES = 256;
const SPACE = 32;

/**
 * Overwrites a small record in place. It takes one write(2), which a kill does not interrupt; its disk space is
 * allocated the first time.
 * @throws ImpError
 */
export function noteInPlace(directory: string, name: string, value: object): void {
  const bytes = new Uint8Array(BYTES).fill(SPACE);
  const text = new TextEncoder().encode(JSON.stringify(value));
  if (text.length >= BYTES) throw new RangeError(`${text.length} bytes for a note`);
  bytes.set(text);
  bytes[BYTES - 1] = 10;
  const path = `${directory}/${name}`;
  const fd = openFile(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const n = writeAt(fd, 0, bytes);
    if (n !== BYTES) throw systemError(n < 0 ? -n : EIO, "write", path);
  } finally {
    closeFile(fd);
  }
}
