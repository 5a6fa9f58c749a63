import { type Call, failUnknown, type Holder, remove, type Service } from "./service.ts";

/** CPython's message. */
const TOO_MANY = "semaphore or lock released too many times";

/**
 * A lock (one permit), a semaphore, or one bounded by its first value. Permits are given in the order of requests.
 *
 * Any process may release, as in Python: one that holds nothing releases for the one that has held longest. Answers to
 * `acquire`: false; true; or the PID of the process that died with the permit that the caller now has.
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
   * Permits are also a way to count, with one process taking and another giving: a normal end gives nothing back, and
   * no end does if no more than the first value could be in use. A lock becomes free in every case.
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

/** A call that gets the lock when its turn comes. */
interface Waiting {
  readonly call: Call;
  /** How many times it then holds the lock. */
  readonly depth: number;
  /** Its answer: undefined for a plain acquire. */
  readonly notified?: boolean;
}

/**
 * A lock that its holder may acquire again, and the condition that may belong to it. Held by a thread of a process: the
 * same through all its connections. Answers to `acquire` as for SemaphoreService.
 */
export class RLockService implements Service {
  private owner: { holder: Holder; depth: number } | undefined;
  /** PID of the one that died with the lock, if nobody has acquired it since. */
  private inheritedFrom: number | undefined;
  private readonly waiting: Waiting[] = [];
  /** In `wait`, until they are notified. */
  private readonly sleeping: Waiting[] = [];

  call(call: Call): void {
    switch (call.method) {
      case "acquire":
        return this.acquire(call, call.args[0] !== false);
      case "release":
        return this.release(call);
      case "wait":
        return this.wait(call);
      case "notify":
        return this.notify(call, call.args[0] as number);
      default:
        return failUnknown(call);
    }
  }

  cancel(call: Call): void {
    const sleeper = this.sleeping.find((one) => one.call === call);
    if (sleeper) {
      // It returns from `wait` with the lock, as if it had been notified.
      remove(this.sleeping, sleeper);
      this.enqueue({ ...sleeper, notified: false });
      return;
    }
    const waiter = this.waiting.find((one) => one.call === call && one.notified === undefined);
    if (waiter && remove(this.waiting, waiter)) call.reply(false);
  }

  gone(holder: Holder): void {
    for (const list of [this.waiting, this.sleeping]) {
      for (const one of list.filter(({ call }) => call.holder === holder)) remove(list, one);
    }
    if (this.owner?.holder !== holder) return;
    this.owner = undefined;
    this.passOn(holder.pid);
  }

  private acquire(call: Call, wait: boolean): void {
    if (this.owns(call.holder)) {
      this.owner!.depth++;
      call.reply(true);
    } else if (!this.owner || wait) this.enqueue({ call, depth: 1 });
    else call.reply(false);
  }

  private release(call: Call): void {
    if (!this.owns(call.holder)) {
      return call.fail(new RangeError("attempt to release recursive lock not owned by thread"));
    }
    call.reply();
    if (--this.owner!.depth > 0) return;
    this.owner = undefined;
    this.passOn();
  }

  private wait(call: Call): void {
    if (!this.owns(call.holder)) {
      return call.fail(new RangeError("must acquire() condition before using wait()"));
    }
    this.sleeping.push({ call, depth: this.owner!.depth });
    this.owner = undefined;
    this.passOn();
  }

  private notify(call: Call, most: number): void {
    if (!this.owns(call.holder)) {
      return call.fail(new RangeError("lock is not owned: acquire() condition before notify()"));
    }
    for (const sleeper of this.sleeping.splice(0, most)) {
      this.enqueue({ ...sleeper, notified: true });
    }
    call.reply();
  }

  private enqueue(waiter: Waiting): void {
    this.waiting.push(waiter);
    if (!this.owner) this.passOn();
  }

  private passOn(diedHolder = this.inheritedFrom): void {
    this.inheritedFrom = diedHolder;
    const next = this.waiting.shift();
    if (!next) return;
    // Those returning from `wait` are told only about the notification: the next one learns of the death.
    if (next.notified === undefined) this.inheritedFrom = undefined;
    this.owner = { holder: next.call.holder, depth: next.depth };
    next.call.reply(next.notified ?? diedHolder ?? true);
  }

  private owns(holder: Holder): boolean {
    return this.owner?.holder.thread === holder.thread;
  }
}
