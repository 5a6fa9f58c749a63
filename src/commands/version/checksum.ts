import { ImpError } from "../../base/errors.ts";
import { O_RDONLY } from "../../libc/abi.ts";
import { errnoName } from "../../libc/calling/errno.ts";
import { closeFile, openFile, readSome } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import { CHECKSUM_LENGTH, parseChecksumLine } from "../../base/checksum_line.ts";

/** The checksum at the end of an executable, and the actual one. */
export interface Checksum {
  /** Of the whole file: as printed by `sha256sum`, and as in SHA256SUMS of a release. */
  readonly file: string;
  /** Of what precedes the checksum; undefined if the file does not end with one. */
  readonly found?: string;
  readonly written?: string;
}

/** Reads an executable in blocks. @throws ImpError */
export function checksumOf(path: string): Checksum {
  const body = runtime.sha256(), whole = runtime.sha256();
  const fd = openFile(path, O_RDONLY);
  // Only the end of the file tells which bytes are the last ones.
  let end: Uint8Array = new Uint8Array(0);
  try {
    for (let block = read(fd, path); block.length > 0; block = read(fd, path)) {
      whole.update(block);
      const bytes = joined(end, block);
      const cut = Math.max(0, bytes.length - CHECKSUM_LENGTH);
      body.update(bytes.subarray(0, cut));
      end = bytes.subarray(cut);
    }
  } finally {
    closeFile(fd);
  }
  const file = whole.hex(), written = parseChecksumLine(end);
  return written === undefined ? { file } : { file, written, found: body.hex() };
}

function read(fd: number, path: string): Uint8Array {
  const bytes = readSome(fd);
  if (typeof bytes !== "number") return bytes;
  throw new ImpError({ action: "read", object: path, errno: errnoName(-bytes) });
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
