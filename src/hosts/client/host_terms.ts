import type { Ledger } from "../../pool/account/ledger.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { HOST_FRAME, numberFrame, slotsFrame } from "../frames.ts";
import type { PoolHost, PoolLink } from "./pool_host.ts";

const MOST_LIMIT = 2 ** 32 - 1;

/** What hosts are told while they work: the number of concurrent jobs, slot numbers, and the time limit. */
export class HostTerms {
  /** The value of -j last sent to hosts. */
  private readonly jobs: number;
  private limit = Infinity;

  constructor(
    private readonly pool: PoolSettings,
    private readonly hosts: readonly PoolHost[],
    private readonly ledger: Ledger,
  ) {
    this.jobs = pool.jobLimit.value;
  }

  /** A host has reported how many jobs it takes. */
  begin(host: PoolHost, link: PoolLink, slots: number): void {
    host.asked = slots;
    host.slots = 0;
    this.fit(host);
    if (this.limit < Infinity) link.queue.push(limitFrame(this.limit));
  }

  /** After SIGUSR1 and SIGUSR2, or a change of `--jobs-file`. */
  fitAll(): void {
    for (const host of this.hosts) if (host.link?.isReady) this.fit(host);
  }

  /** The time limit depends on jobs that have ended. */
  followLimit(): void {
    const limit = this.ledger.timeLimit();
    if (limit === this.limit) return;
    this.limit = limit;
    const frame = limitFrame(limit);
    for (const { link } of this.hosts) if (link?.isReady) link.queue.pushUrgent(frame);
  }

  /** Jobs not begun come back, and no others begin. */
  holdAll(): void {
    for (const { link } of this.hosts) {
      if (link?.isReady) link.queue.pushUrgent(slotsFrame(0, 0));
    }
  }

  private fit(host: PoolHost): void {
    const slots = Math.max(1, host.asked + this.pool.jobLimit.value - this.jobs);
    if (slots === host.slots) return;
    host.slots = slots;
    host.firstSlot = this.freeSlots(host);
    host.link?.queue.push(slotsFrame(slots, host.firstSlot));
  }

  /** The start of a range of slots that no other host has. */
  private freeSlots(host: PoolHost): number {
    let first = 1;
    for (const other of this.hosts) {
      if (other === host || !other.link?.isReady) continue;
      first = Math.max(first, other.firstSlot + other.slots);
    }
    return first;
  }
}

function limitFrame(ms: number): Uint8Array {
  const whole = ms === Infinity ? 0 : Math.min(MOST_LIMIT, Math.max(1, Math.ceil(ms)));
  return numberFrame(HOST_FRAME.limit, whole);
}
