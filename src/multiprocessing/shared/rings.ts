import { runtime } from "../../runtime/mod.ts";
import { RING_BYTES, RingReader } from "../wire/ring.ts";
import { SharedMemory } from "./shared_memory.ts";

/** A ring that a holder writes to. */
export interface LentRing {
  readonly memory: SharedMemory;
  readonly reader: RingReader;
}

/** Kept where the runtime gives memory back by itself; where it does not, all of them are. */
const MOST_KEPT = 8;
const idle: LentRing[] = [];

/**
 * A ring for a holder, which is sent its memory.
 * @returns undefined where there is no memory, or no descriptor for it: without a ring everything works, too
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
