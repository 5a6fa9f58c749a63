import { closeFile, duplicate } from "../../libc/descriptors/files.ts";
import { createSharedMemory, mapShared } from "../../libc/descriptors/mapping.ts";
import { CLAIM_BYTES, CLAIM_WORDS, clearClaim } from "./claim.ts";
import { pack, type Packed, type Portable, registerPortable } from "../wire/portable.ts";

const PAGE = 4096;
const KIND = "PoolClaim";

/** The words that a pool shares with its workers, one for each: in one piece of memory that is mapped once. */
export class ClaimPages {
  readonly #fd: number;
  readonly #buffer: ArrayBuffer;
  #free: number[] = [];

  /** @param workers how many there are at most at once */
  constructor(workers: number) {
    const bytes = Math.ceil(workers * CLAIM_BYTES / PAGE) * PAGE;
    this.#fd = createSharedMemory(bytes);
    this.#buffer = mapShared(this.#fd, bytes);
    for (let slot = bytes / CLAIM_BYTES - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  /** A word for a new worker. */
  take(): ClaimWord {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error("more workers than the pool has room for");
    const word = new ClaimWord(this.#fd, this.#buffer, slot);
    clearClaim(word.word);
    return word;
  }

  /** The worker is no more. */
  give({ slot }: ClaimWord): void {
    this.#free.push(slot);
  }

  /** No worker is left. */
  close(): void {
    closeFile(this.#fd);
  }
}

/** One word, which can be sent to the worker that it belongs to. */
export class ClaimWord implements Portable {
  readonly word: Int32Array;

  constructor(private readonly fd: number, buffer: ArrayBuffer, readonly slot: number) {
    this.word = new Int32Array(buffer, slot * CLAIM_BYTES, CLAIM_WORDS);
  }

  [pack](): Packed {
    const bytes = this.word.buffer.byteLength;
    return { kind: KIND, data: [bytes, this.slot], fds: [duplicate(this.fd)] };
  }
}

registerPortable(KIND, (data, [fd]) => {
  const [bytes, slot] = data as [number, number];
  try {
    return new ClaimWord(-1, mapShared(fd, bytes), slot);
  } finally {
    closeFile(fd);
  }
});
