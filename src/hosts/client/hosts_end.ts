import type { StopStep } from "../../termination/schedule.ts";
import type { EndOfAll } from "../../pool/end_of_all.ts";
import type { LoopEnd } from "../../pool/loop.ts";
import { HOST_FRAME, hostFrame } from "../frames.ts";
import type { HostLinks } from "./host_links.ts";

/** Travel time on top of what jobs are given. */
const MARGIN_MS = 3000;

/**
 * Ends everybody on all hosts: workers end what they have started by the agreed steps and leave; after that, or if they
 * do not, the processes here are ended, and workers end everything when their connections end.
 */
export class HostsEnd implements LoopEnd {
  private deadline = Infinity;
  private begun = false;

  constructor(
    private readonly links: HostLinks,
    private readonly steps: readonly StopStep[],
    /** For the processes on this machine. */
    private readonly here: EndOfAll,
  ) {}

  get over(): boolean {
    return this.here.over;
  }

  get busy(): boolean {
    return this.begun && !this.here.over;
  }

  get due(): number {
    return Math.min(this.here.busy ? Infinity : this.deadline, this.here.due);
  }

  begin(now: number): void {
    if (this.begun) return;
    this.begun = true;
    this.deadline = now + MARGIN_MS;
    for (const { wait } of this.steps) this.deadline += wait;
    for (const link of this.links.all) {
      if (!link.isReady) this.links.kill(link);
      else if (!link.isClosed) {
        link.queue.pushUrgent(hostFrame(HOST_FRAME.cancel));
        link.feed.clear();
        link.queue.push(hostFrame(HOST_FRAME.close));
        this.links.send(link);
      }
    }
    this.advance(now);
  }

  hurry(now: number): void {
    if (!this.begun) return;
    this.deadline = now;
    for (const link of this.links.all) this.links.dismiss(link);
    this.here.begin(now);
    this.here.hurry(now);
  }

  advance(now: number): void {
    if (!this.begun || this.here.over) return;
    const { size } = this.links.processes.alive;
    if (!this.here.busy && (size === 0 || now >= this.deadline)) this.here.begin(now);
    else this.here.advance(now);
  }
}
