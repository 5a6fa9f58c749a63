import { JobHead } from "../../hosts/job_frames.ts";

/** Jobs of a run as its own pool has submitted them: a pool that attaches knows only their words, not their limits. */
export class AttachedOrders {
  /** By number, until they are printed. */
  private readonly orders = new Map<number, Uint8Array>();

  /** @param payload of the frame JOB */
  add(seq: number, payload: Uint8Array): void {
    if (JobHead.fits(payload)) this.orders.set(seq, payload.slice());
  }

  forget(seq: number): void {
    this.orders.delete(seq);
  }

  /** For another attempt. @param payload as this pool gives it: a time limit of its own counts */
  asSubmitted(payload: Uint8Array): Uint8Array {
    const { seq, timeout } = new JobHead(payload);
    const order = this.orders.get(seq)?.slice();
    if (!order) return payload;
    const head = new JobHead(order);
    head.seq = seq;
    if (timeout > 0) head.timeout = timeout;
    return order;
  }
}
