import { runtime } from "../../runtime/mod.ts";
import { RING_BYTES, RingReader } from "../wire/ring.ts";
import { closeFile, duplicate } from "../../libc/descriptors/files.ts";
import { createSharedMemory, mapShared } from "../../libc/descriptors/mapping.ts";
import { pack, type Packed, type Portable, registerPortable } from "../wire/portable.ts";

/** The memory they need. */
export const CLAIMS_BYTES = 8;
const LEFT = 0, TELL = 1;

/**
 * How many of the items sent to a consumer it may still take: a number in memory shared by the queue's process and the
 * consumer's. So the queue knows what a consumer that dies had taken, and can take back the rest at once, however busy
 * the consumer is, without exchanging a message.
 */
export class ItemClaims {
  private granted = 0;

  /** @param words shared by both, {@link CLAIMS_BYTES} bytes are used */
  constructor(private readonly words: Int32Array) {}

  /** The queue sends `count` items; nothing of an earlier grant may be left. */
  grant(count: number): void {
    this.granted = count;
    Atomics.store(this.words, LEFT, count);
  }

  /** The consumer takes the next item. @returns false if they were taken back */
  claim(): boolean {
    for (;;) {
      const left = Atomics.load(this.words, LEFT);
      if (left <= 0) return false;
      if (Atomics.compareExchange(this.words, LEFT, left, left - 1) === left) return true;
    }
  }

  /** The queue wants to know when the next item is taken. One taken before is not reported: look again. */
  wishToHear(): void {
    Atomics.store(this.words, TELL, 1);
  }

  /** Whether the queue wants to know that an item was taken. It is told once. */
  takeWish(): boolean {
    return Atomics.load(this.words, TELL) === 1 && Atomics.exchange(this.words, TELL, 0) === 1;
  }

  /** How many of the granted items the consumer has taken. */
  get taken(): number {
    return this.granted - Atomics.load(this.words, LEFT);
  }

  /**
   * The queue takes back what is not yet taken.
   * @param keep how many the consumer may have in any case
   * @returns how many it has, or may still take
   */
  recall(keep: number): number {
    for (;;) {
      const left = Atomics.load(this.words, LEFT);
      const taken = this.granted - left;
      const rest = Math.max(0, Math.min(left, keep - taken));
      if (Atomics.compareExchange(this.words, LEFT, left, rest) !== left) continue;
      this.granted = taken + rest;
      return this.granted;
    }
  }
}

const EVERY = 256;

const { setImmediate } = globalThis as unknown as { setImmediate(work: () => void): void };

let calls = 0;

/**
 * Whether the event loop should get a turn before this call ends. Calls answered at once would otherwise, in a loop,
 * keep everything else waiting: requests of other processes, timers, the news that somebody has died.
 */
export function turnIsDue(): boolean {
  return ++calls % EVERY === 0;
}

/** Lets the event loop handle what has come up. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A ring that a holder writes to. */
export interface LentRing {
  readonly memory: SharedMemory;
  readonly reader: RingReader;
}

/** Kept weakly where the runtime frees memory by itself; elsewhere all of them are kept. */
const MOST_KEPT = 8;
const idle: LentRing[] = [];

/**
 * A ring for a holder, which is sent its memory.
 * @returns undefined if there is no memory or descriptor for it: everything works without a ring, too
 */
export function lendRing(send: (memory: SharedMemory) => void): LentRing | undefined {
  try {
    const ring = idle.pop() ?? newRing();
    send(ring.memory);
    return ring;
  } catch {
    return undefined;
  }
}

/** Nobody writes to it any more, and everything is read. */
export function returnRing(ring: LentRing): void {
  if (ring.reader.empty && (!runtime.releasesMemory || idle.length < MOST_KEPT)) idle.push(ring);
}

function newRing(): LentRing {
  const memory = new SharedMemory(RING_BYTES);
  return { memory, reader: new RingReader(memory.buffer) };
}

/** Memory that is the same in every process to which it was sent. It is freed with the last of them. */
export class SharedMemory implements Portable {
  readonly buffer: ArrayBuffer;
  private readonly fd: number;

  /**
   * @param size in bytes, more than 0
   * @param fd of existing memory; by default, new memory is made, filled with 0
   * @throws ImpError (EMFILE, ENOMEM)
   */
  constructor(size: number, fd = createSharedMemory(size)) {
    try {
      this.buffer = mapShared(fd, size);
    } catch (error) {
      closeFile(fd);
      throw error;
    }
    this.fd = fd;
    dropped.register(this, fd);
  }

  [pack](): Packed {
    return { kind: KIND, data: this.buffer.byteLength, fds: [duplicate(this.fd)] };
  }
}

/** The mapping outlives the descriptor, which only serves to send it on. */
const dropped = new FinalizationRegistry<number>(closeFile);
const KIND = "SharedMemory";
registerPortable(KIND, (size, [fd]) => new SharedMemory(size as number, fd));
