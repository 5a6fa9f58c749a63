import { EIO, O_CREAT, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { writeAt } from "../../libc/descriptors/cut_file.ts";
import { closeFile, openFile } from "../../libc/descriptors/files.ts";

/** Every note is so long, with spaces behind it: one that is there can be written on a full disk, too. */
const BYTES = 256;
const SPACE = 32;

/**
 * Writes a small record over the one before. One write(2) does it, which no kill interrupts; what it needs of the disk it has from
 * the first time on.
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
