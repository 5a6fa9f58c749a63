import { Deque } from "../../base/deque.ts";
import type { Attempt } from "../../pool/rules/retry.ts";

/** The maximum queue of a slower host: beyond it, the others wait. */
const MOST = 4096;

/** Jobs bound to a host each, and waiting for it. */
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
