import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { EINTR, F_SETFL, O_NONBLOCK } from "../../libc/abi.ts";
import { errno } from "../../libc/calling/errno.ts";

import { libc } from "../../libc/calling/load.ts";
import { allocate, type Block } from "../../libc/calling/memory.ts";
import { openPipe } from "../../libc/descriptors/pipe.ts";

const c = libc("fcntl", "write");
/** What a pipe holds. */
const CHUNK = 1 << 16;

let block: Block | undefined;

/** Both ends of a pipe. */
export interface Pipe {
  /** The end that stays here: it never blocks. */
  readonly own: number;
  readonly other: number;
}

/** Both ends are close-on-exec. @param own which end stays here @throws ImpError, for example EMFILE */
export function makePipe(own: "read" | "write"): Pipe {
  const [readEnd, writeEnd] = openPipe(FLOOR.job);
  const ends = own === "read"
    ? { own: readEnd, other: writeEnd }
    : { own: writeEnd, other: readEnd };
  c.fcntl(ends.own, F_SETFL, O_NONBLOCK);
  return ends;
}

/**
 * Writes the parts one after another with as few calls as possible, as long as the pipe takes them.
 * @param skip bytes of the first part that have gone already
 * @returns how many bytes went; -errno when none did
 */
export function writeParts(fd: number, parts: readonly Uint8Array[], skip: number): number {
  block ??= allocate(CHUNK);
  let size = 0;
  for (let i = 0, from = skip; i < parts.length && size < CHUNK; i++, from = 0) {
    const part = parts[i];
    const count = Math.min(part.length - from, CHUNK - size);
    block.bytes.set(
      from === 0 && count === part.length ? part : part.subarray(from, from + count),
      size,
    );
    size += count;
  }
  for (;;) {
    const n = c.write(fd, block.address, size);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
