import { Deque } from "../../base/deque.ts";
import type { Attempt } from "../../pool/rules/retry.ts";

/** A host that is slower than the others keeps no more than so many jobs waiting for it: the others wait for it then. */
const MOST = 4096;

/** Jobs that are for one host each, and wait for it. */
export class BoundJobs {
  private readonly queues = new Map<string, Deque<Attempt>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get isFull(): boolean {
    return this.count >= MOST;
  }

  add(host: string, attempt: Attempt): void {
    let queue = this.queues.get(host);
    if (!queue) this.queues.set(host, queue = new Deque());
    queue.push(attempt);
    this.count++;
  }

  /** The one that has waited longest for a host. */
  take(host: string): Attempt | undefined {
    const attempt = this.queues.get(host)?.shift();
    if (attempt) this.count--;
    return attempt;
  }

  clear(): void {
    this.queues.clear();
    this.count = 0;
  }
}
