import { after, type Timer } from "../process/after.ts";
import { ItemClaims, SharedMemory } from "./claims.ts";
import { dispose, hasDescriptors, type Payload, unwrap } from "../wire/payload.ts";
import { checkTimeout } from "../process/arguments.ts";
import type { RemotePort } from "./remote_port.ts";
import { Empty } from "./service.ts";

interface Waiter {
  readonly wait: boolean;
  /** On the clock of performance.now(). */
  readonly deadline?: number;
  timer?: Timer;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * This process's waiters for items of a queue that lives in another one. Only one request is under way at a time; items
 * sent ahead with its answer are kept here, unless the queue takes them back.
 */
export class QueueConsumer {
  private claims: ItemClaims | undefined;
  private readonly ahead: Payload[] = [];
  private readonly waiters: Waiter[] = [];
  private asking = false;

  constructor(private readonly port: RemotePort) {}

  /** @param timeout ms @throws Empty; OwnerDied */
  get(wait: boolean, timeout?: number): Promise<unknown> {
    checkTimeout(timeout);
    return new Promise((resolve, reject) => {
      const payload = this.waiters.length === 0 ? this.take() : undefined;
      if (payload) return void resolve(unwrap(payload));
      // Earlier waiters get what there is.
      if (!wait && this.waiters.length > 0) return void reject(new Empty());
      const deadline = timeout === undefined ? undefined : performance.now() + timeout;
      const waiter: Waiter = { wait, deadline, resolve, reject };
      if (this.waiters.length > 0) waiter.timer = after(timeout, () => this.giveUp(waiter));
      this.waiters.push(waiter);
      this.ask();
    });
  }

  private ask(): void {
    if (this.asking || this.waiters.length === 0) return;
    const [{ wait, deadline, timer }] = this.waiters;
    // From here on the queue decides whether the timeout has expired.
    clearTimeout(timer);
    this.asking = true;
    const left = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
    this.port.call("get", [wait], left).then(
      (answer) => this.arrive(answer as Payload[]),
      (error) => this.refuse(error),
    );
  }

  private arrive([first, ...rest]: (Payload | SharedMemory)[]): void {
    if (first instanceof SharedMemory) this.claims = new ItemClaims(new Int32Array(first.buffer));
    else this.ahead.push(first);
    this.ahead.push(...rest as Payload[]);
    this.serve();
  }

  private serve(): void {
    this.asking = false;
    while (this.waiters.length > 0) {
      const payload = this.take();
      if (!payload) break;
      const { resolve, reject, timer } = this.waiters.shift()!;
      clearTimeout(timer);
      try {
        resolve(unwrap(payload));
      } catch (error) {
        reject(error);
      }
    }
    this.ask();
  }

  private refuse(error: unknown): void {
    const count = error instanceof Empty ? 1 : this.waiters.length;
    for (const { reject, timer } of this.waiters.splice(0, count)) {
      clearTimeout(timer);
      reject(error);
    }
    this.serve();
  }

  /** The next item that this process has, if it may still have it. */
  private take(): Payload | undefined {
    if (this.ahead.length === 0) return undefined;
    if (!this.claims!.claim()) {
      this.ahead.splice(0).forEach(dispose);
      return undefined;
    }
    const payload = this.ahead.shift()!;
    if (this.claims!.takeWish() || hasDescriptors(payload)) this.port.tell("taken");
    return payload;
  }

  private giveUp(waiter: Waiter): void {
    const at = this.waiters.indexOf(waiter);
    if (at < 0) return;
    this.waiters.splice(at, 1);
    waiter.reject(new Empty());
  }
}

/** Puts items of this process into a queue that lives in another one. */
export class QueueProducer {
  private claims: ItemClaims | undefined;

  constructor(private readonly port: RemotePort, private readonly bounded: boolean) {}

  /** @throws Full; OwnerDied */
  put(payload: Payload, block: boolean, timeout?: number): Promise<void> {
    if (!this.bounded) return this.port.post("put", payload);
    // A promised place is there, whatever others do meanwhile.
    if (this.claims?.claim()) return this.port.post("promised", payload);
    return this.ask(payload, block, timeout);
  }

  private async ask(payload: Payload, block: boolean, timeout?: number): Promise<void> {
    const memory = await this.port.call("put", [payload, block], timeout);
    if (memory instanceof SharedMemory) {
      this.claims = new ItemClaims(new Int32Array(memory.buffer));
    }
  }
}
