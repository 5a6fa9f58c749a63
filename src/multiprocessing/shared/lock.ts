import {
  checkFunction,
  checkTimeout,
  limitArguments,
  misused,
  valueInMessage,
} from "../process/arguments.ts";
import { RLockService, SemaphoreService } from "./lock_services.ts";
import { Port, portGiven } from "./port.ts";
import { type Patience, patienceOf, registerShared, Shared } from "./shared.ts";

/** What all objects that are acquired and released have in common. */
export abstract class Acquirable extends Shared {
  private from: number | undefined;

  /**
   * The PID of the process that died holding what this one has since acquired: what it guards may be inconsistent.
   * Undefined if nobody died.
   */
  get inheritedFrom(): number | undefined {
    return this.from;
  }

  /**
   * Waits for its turn: first come, first served.
   * @param patience options, or whether it may wait
   * @param timeout **milliseconds**, if the first argument is a boolean
   * @returns false if the timeout expired, or it was taken and `block` is false
   * @throws TypeError for a number in place of `patience`; OwnerDied
   */
  async acquire(patience?: Patience | boolean, timeout?: number): Promise<boolean> {
    const { block = true, timeout: ms } = patienceOf(patience, timeout, "acquire");
    const answer = await this.port.call("acquire", [block], block ? ms : undefined);
    if (answer !== false) this.from = typeof answer === "number" ? answer : undefined;
    return answer !== false;
  }

  /** @throws RangeError if there is nothing to release; OwnerDied */
  async release(): Promise<void> {
    this.from = undefined;
    await this.port.call("release");
  }

  /** Python's `with`: acquires, runs `body`, and releases whatever the outcome. */
  async with<T>(body: () => T | Promise<T>): Promise<T> {
    checkFunction(body, "with");
    await this.acquire();
    try {
      return await body();
    } finally {
      await this.release();
    }
  }
}

limitArguments(Acquirable.prototype, { release: 0 });

/**
 * Admits one at a time. Any process may release it, even one that did not acquire it. A process that ends while it
 * holds the lock releases it; {@link Acquirable.inheritedFrom} shows this to the next one that acquires it.
 */
export class Lock extends Acquirable {
  protected readonly kind = LOCK;

  constructor(port?: Port) {
    super(portGiven(port, "Lock") ?? new SemaphoreService(1, "lock"));
  }
}

/**
 * A lock that its holder may acquire again; it is free once it has been released as often. The holder is a process, or
 * a thread: everything that runs concurrently in one thread shares it.
 */
export class RLock extends Acquirable {
  protected readonly kind: string = RLOCK;

  constructor(port?: Port) {
    super(portGiven(port, "RLock") ?? new RLockService());
  }
}

/**
 * Admits `value` at a time, or counts what one process provides and another takes. A process that is killed gives back
 * what it holds of the first `value` permits; one that ends normally keeps them.
 */
export class Semaphore extends Acquirable {
  protected readonly kind: string = SEMAPHORE;

  constructor(value: number | Port = 1) {
    super(value instanceof Port ? value : new SemaphoreService(whole(value), "semaphore"));
  }

  /** How many could be acquired right now. */
  async value(): Promise<number> {
    return await this.port.call("value") as number;
  }
}

/** A semaphore that cannot be released more often than it was acquired. */
export class BoundedSemaphore extends Acquirable {
  protected readonly kind = BOUNDED;

  constructor(value: number | Port = 1) {
    super(value instanceof Port ? value : new SemaphoreService(whole(value), "bounded"));
  }

  /** How many could be acquired right now. */
  async value(): Promise<number> {
    return await this.port.call("value") as number;
  }
}

/** A lock with which processes wait for changes made by others. Every method requires the lock to be held. */
export class Condition extends RLock {
  protected override readonly kind = CONDITION;

  constructor(port?: Port) {
    super(portGiven(port, "Condition, which has a lock of its own,"));
  }

  /**
   * Releases the lock, sleeps until it is notified, and returns with the lock.
   * @returns false if the timeout expired
   * @throws RangeError if the lock is not held; OwnerDied
   */
  async wait(timeout?: number): Promise<boolean> {
    return await this.port.call("wait", [], timeout) as boolean;
  }

  /** Waits until `predicate` is true; it is called with the lock held. @returns its last value */
  async waitFor<T>(predicate: () => T | Promise<T>, timeout?: number): Promise<T> {
    checkFunction(predicate, "waitFor");
    checkTimeout(timeout);
    const deadline = timeout === undefined ? undefined : performance.now() + timeout;
    for (;;) {
      const value = await predicate();
      if (value) return value;
      const left = deadline === undefined ? undefined : deadline - performance.now();
      if (left !== undefined && left <= 0) return value;
      await this.wait(left);
    }
  }

  /** Wakes up to `n` waiters; they go on once the lock is released. @throws RangeError; OwnerDied */
  async notify(n = 1): Promise<void> {
    if (typeof n !== "number" || Number.isNaN(n)) {
      throw misused(`notify takes a number of waiters, not ${valueInMessage(n)}`);
    }
    await this.port.call("notify", [n]);
  }

  /** Wakes all waiters; they go on one after another. @throws RangeError; OwnerDied */
  async notifyAll(): Promise<void> {
    await this.notify(Infinity);
  }
}

function whole(value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new RangeError(
    `semaphore initial value must be >= 0, not ${valueInMessage(value)}`,
  );
}

const LOCK = registerShared("Lock", (port) => new Lock(port));
const RLOCK = registerShared("RLock", (port) => new RLock(port));
const SEMAPHORE = registerShared("Semaphore", (port) => new Semaphore(port));
const BOUNDED = registerShared("BoundedSemaphore", (port) => new BoundedSemaphore(port));
const CONDITION = registerShared("Condition", (port) => new Condition(port));
