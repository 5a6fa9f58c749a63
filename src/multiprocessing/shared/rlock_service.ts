import { type Call, failUnknown, type Holder, remove, type Service } from "./service.ts";

/** A call that gets the lock when its turn comes. */
interface Waiting {
  readonly call: Call;
  /** How deep it holds the lock then. */
  readonly depth: number;
  /** What it is answered: undefined for a plain acquire. */
  readonly notified?: boolean;
}

/**
 * A lock that its holder may take again, and the condition that may come with it. Held by a thread of a process: the same
 * through all connections it has. Answers to `acquire` as of SemaphoreService.
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
    // Who returns from `wait` is told of its notification only: the next one hears it.
    if (next.notified === undefined) this.inheritedFrom = undefined;
    this.owner = { holder: next.call.holder, depth: next.depth };
    next.call.reply(next.notified ?? diedHolder ?? true);
  }

  private owns(holder: Holder): boolean {
    return this.owner?.holder.thread === holder.thread;
  }
}
