import { type Call, failUnknown, type Holder, remove, type Service } from "./service.ts";

/** What CPython says. */
const TOO_MANY = "semaphore or lock released too many times";

/**
 * A lock (one permit), a semaphore, or one that is bounded by its first value. Permits are given in the order of asking.
 *
 * Any process may release, as in Python: who holds nothing gives back for the one that has held longest. Answers to
 * `acquire`: false; true; or the PID of the process that died with the permit that the caller has now.
 */
export class SemaphoreService implements Service {
  private value: number;
  private readonly waiting: Call[] = [];
  private readonly held = new Map<Holder, number>();
  /** PIDs of those that died with permits which nobody has acquired since. */
  private readonly inherited: number[] = [];

  constructor(
    private readonly first: number,
    private readonly kind: "lock" | "semaphore" | "bounded",
  ) {
    this.value = first;
  }

  call(call: Call): void {
    if (call.method === "acquire") this.acquire(call, call.args[0] !== false);
    else if (call.method === "release") this.release(call);
    else if (call.method === "value") call.reply(this.value);
    else failUnknown(call);
  }

  cancel(call: Call): void {
    if (remove(this.waiting, call)) call.reply(false);
  }

  /**
   * Permits are also a way to count, with one process taking and another giving: an orderly end gives nothing back, and
   * neither does any where no more than the first value could be in use. A lock is free in every case.
   */
  gone(holder: Holder, orderly: boolean): void {
    for (const call of this.waiting.filter((call) => call.holder === holder)) {
      remove(this.waiting, call);
    }
    const held = this.held.get(holder) ?? 0;
    this.held.delete(holder);
    if (orderly && this.kind !== "lock") return;
    const inUse = Math.max(0, this.first - this.value);
    for (let left = Math.min(held, inUse); left > 0; left--) this.giveBack(holder.pid);
  }

  private acquire(call: Call, wait: boolean): void {
    if (this.value > 0) {
      this.value--;
      this.grant(call, this.inherited.shift() ?? true);
    } else if (wait) this.waiting.push(call);
    else call.reply(false);
  }

  private release(call: Call): void {
    if (this.kind !== "semaphore" && this.value >= this.first) {
      return call.fail(new RangeError(TOO_MANY));
    }
    const holder = this.held.has(call.holder) ? call.holder : this.held.keys().next().value;
    if (holder) this.forget(holder);
    this.giveBack();
    call.reply();
  }

  private giveBack(diedHolder?: number): void {
    const next = this.waiting.shift();
    if (next) return this.grant(next, diedHolder ?? true);
    this.value++;
    if (diedHolder !== undefined) this.inherited.push(diedHolder);
  }

  private grant(call: Call, answer: true | number): void {
    this.held.set(call.holder, (this.held.get(call.holder) ?? 0) + 1);
    call.reply(answer);
  }

  private forget(holder: Holder): void {
    const left = this.held.get(holder)! - 1;
    if (left > 0) this.held.set(holder, left);
    else this.held.delete(holder);
  }
}
