import type { ReportRows } from "./rows.ts";

/**
 * Starts and run times are each rounded to a millisecond: a job may seem to start before the previous one has ended.
 */
const ROUNDING = 2;

/**
 * The slot of each job, from 0, and the host of each slot. Where it is unknown, a job takes the lowest slot of its host
 * that was free when it started, as in a pool.
 */
export function slotsOf(rows: ReportRows): { slots: Int32Array; hostOfSlot: number[] } {
  const slots = new Int32Array(rows.length);
  const order = byStart(rows);
  const taken: Lanes[] = rows.hosts.map(() => new Lanes());
  for (const at of order) {
    const known = rows.slot[at];
    slots[at] = known > 0
      ? taken[rows.host[at]].note(known - 1)
      : taken[rows.host[at]].take(rows.start[at], rows.start[at] + rows.runtime[at]);
  }
  const first: number[] = [];
  const hostOfSlot: number[] = [];
  taken.forEach(({ count }, host) => {
    first.push(hostOfSlot.length);
    for (let i = 0; i < count; i++) hostOfSlot.push(host);
  });
  for (let at = 0; at < slots.length; at++) slots[at] += first[rows.host[at]];
  return { slots, hostOfSlot };
}

/** Row numbers in the order in which the jobs started. */
export function byStart({ start, seq, length }: ReportRows): Uint32Array {
  return Uint32Array.from({ length }, (_, at) => at)
    .sort((a, b) => start[a] - start[b] || seq[a] - seq[b]);
}

/**
 * The slots of one host: a heap of the busy ones by the time at which they become free, one of the free ones by number.
 */
class Lanes {
  count = 0;
  private readonly busy = new Heap();
  private readonly free = new Heap();

  take(start: number, end: number): number {
    while (this.busy.size > 0 && this.busy.least <= start + ROUNDING) {
      const slot = this.busy.pop();
      this.free.push(slot, slot);
    }
    const slot = this.free.size > 0 ? this.free.pop() : this.count++;
    this.busy.push(end, slot);
    return slot;
  }

  note(slot: number): number {
    this.count = Math.max(this.count, slot + 1);
    return slot;
  }
}

class Heap {
  private readonly keys: number[] = [];
  private readonly values: number[] = [];

  get size(): number {
    return this.keys.length;
  }

  get least(): number {
    return this.keys[0];
  }

  push(key: number, value: number): void {
    let at = this.size;
    this.keys.push(key);
    this.values.push(value);
    for (let up = (at - 1) >> 1; at > 0 && this.keys[up] > this.keys[at]; up = (at - 1) >> 1) {
      this.swap(at, up);
      at = up;
    }
  }

  /** The value of the least key. */
  pop(): number {
    const value = this.values[0];
    const key = this.keys.pop()!, last = this.values.pop()!;
    if (this.size === 0) return value;
    this.keys[0] = key;
    this.values[0] = last;
    for (let at = 0;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.size && this.keys[child] < this.keys[least]) least = child;
      }
      if (least === at) return value;
      this.swap(at, least);
      at = least;
    }
  }

  private swap(a: number, b: number): void {
    [this.keys[a], this.keys[b]] = [this.keys[b], this.keys[a]];
    [this.values[a], this.values[b]] = [this.values[b], this.values[a]];
  }
}
