import { closeFile, duplicate } from "../../libc/descriptors/files.ts";
import { createSharedMemory, mapShared } from "../../libc/descriptors/mapping.ts";
import { pack, type Packed, type Portable, registerPortable } from "../wire/portable.ts";

/**
 * One word of memory shared by a worker and the pool: the number of the last task that the worker has begun, and
 * whether the pool has taken back all later ones. Every change is one atomic exchange, so a task has either begun or
 * been taken back, and after the worker's death it is known which.
 */
const TAKEN_BACK = 1;
/** The second word: the worker is about to end, and nothing that its tasks started is left. */
const NOTHING_LEFT = 1;
/** Words of each worker. */
const CLAIM_WORDS = 2;
/** Bytes per worker: a cache line, so that workers do not slow each other down. */
const CLAIM_BYTES = 64;
const PAGE = 4096;
/** The type of a word on its way to a worker. */
const KIND = "PoolClaim";

/** The worker's side. */
export class TaskClaims {
  #last = 0;

  constructor(private readonly word: Int32Array) {}

  /** Begins a task. @returns false if it was taken back, with everything up to {@link resume} */
  begin(number: number): boolean {
    const before = this.#last << 1;
    if (Atomics.compareExchange(this.word, 0, before, number << 1) !== before) return false;
    this.#last = number;
    return true;
  }

  /** The pool knows that tasks were taken back: from now on they must be done. */
  resume(): void {
    Atomics.store(this.word, 0, this.#last << 1);
  }
}

/** Prepares the words for a new worker, whose tasks are numbered from 1. */
function clearClaim(words: Int32Array): void {
  Atomics.store(words, 0, 0);
  Atomics.store(words, NOTHING_LEFT, 0);
}

/** Set by a worker: nobody has to look for what it has left behind. */
export function noteNothingLeft(words: Int32Array): void {
  Atomics.store(words, NOTHING_LEFT, 1);
}

/** Whether a worker that has ended made sure that nothing of it is left. */
export function leftNothing(words: Int32Array): boolean {
  return Atomics.load(words, NOTHING_LEFT) === 1;
}

/** The number of the task begun last, 0 for none. */
export function begunNumber(word: Int32Array): number {
  return Atomics.load(word, 0) >>> 1;
}

/** Whether tasks were taken back without the worker knowing it yet. */
export function isTakenBack(word: Int32Array): boolean {
  return (Atomics.load(word, 0) & TAKEN_BACK) !== 0;
}

/** Keeps the worker from beginning anything more. @returns the number of the last task that it has begun */
export function takeBack(word: Int32Array): number {
  for (;;) {
    const seen = Atomics.load(word, 0);
    if (seen & TAKEN_BACK || Atomics.compareExchange(word, 0, seen, seen | TAKEN_BACK) === seen) {
      return seen >>> 1;
    }
  }
}

/** The words that a pool shares with its workers, one for each: in one piece of memory that is mapped once. */
export class ClaimPages {
  readonly #fd: number;
  readonly #buffer: ArrayBuffer;
  #free: number[] = [];

  /** @param workers the most at any one time */
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

  /** The worker is gone. */
  give({ slot }: ClaimWord): void {
    this.#free.push(slot);
  }

  /** No worker is left. */
  close(): void {
    closeFile(this.#fd);
  }
}

/** One word, which can be sent to its worker. */
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
