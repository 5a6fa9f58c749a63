import { checkOptions, checkTimeout, valueInMessage } from "../process/arguments.ts";
import { type Port, portGiven } from "./port.ts";
import { registerShared, Shared } from "./shared.ts";
import {
  BrokenBarrierError,
  type Call,
  failUnknown,
  type Holder,
  remove,
  type Service,
} from "./service.ts";

/** The options of a {@link Barrier} besides the number of its parties. */
export interface BarrierOptions {
  /** Runs in the process that made the barrier, once per round, before the release. If it fails the barrier breaks. */
  action?: () => unknown;
  /** ms; the default for each wait. */
  timeout?: number;
}

interface Traits {
  readonly parties: number;
  readonly timeout?: number;
}

/**
 * Holds waiters until there are as many as there are parties. If one of them times out or dies, or the barrier is
 * aborted, it is broken for all.
 */
export class Barrier extends Shared {
  protected readonly kind = BARRIER;
  /** How many waiters it takes to release them. */
  readonly parties: number;
  private readonly timeout?: number;

  constructor(parties: number, options: BarrierOptions = {}, port?: Port) {
    if (!(Number.isInteger(parties) && parties > 0)) {
      throw new RangeError(`parties must be > 0, not ${valueInMessage(parties)}`);
    }
    checkOptions(options, { action: "function", timeout: "any" }, "Barrier");
    const { action, timeout } = options;
    checkTimeout(timeout);
    super(portGiven(port, "Barrier") ?? new BarrierService(parties, action));
    this.parties = parties;
    this.timeout = timeout;
  }

  protected override get traits(): Traits {
    return { parties: this.parties, timeout: this.timeout };
  }

  /**
   * @param timeout ms
   * @returns a number below `parties`, different for each of them
   * @throws BrokenBarrierError; OwnerDied
   */
  async wait(timeout = this.timeout): Promise<number> {
    return await this.port.call("wait", [], timeout) as number;
  }

  /** Breaks the barrier: current and later waiters get a BrokenBarrierError. */
  async abort(): Promise<void> {
    await this.port.call("abort");
  }

  /** Makes it as new. Current waiters get a BrokenBarrierError. */
  async reset(): Promise<void> {
    await this.port.call("reset");
  }

  /** How many wait now. */
  async nWaiting(): Promise<number> {
    return await this.port.call("waiting") as number;
  }

  /** Whether it is broken. */
  async broken(): Promise<boolean> {
    return await this.port.call("broken") as boolean;
  }
}

const BARRIER = registerShared("Barrier", (port, traits) => {
  const { parties, timeout } = traits as Traits;
  return new Barrier(parties, { timeout }, port);
});

/**
 * Releases the waiters once there are as many as there are parties. It breaks for everybody, now and later, if one of
 * them gives up or dies: the others would wait for ever.
 */
export class BarrierService implements Service {
  private waiting: Call[] = [];
  private broken = false;
  /** While the action of a full round runs: those who come meanwhile belong to the next round. */
  private acting = false;

  /** @param action runs in this process, once per round, before anybody is released */
  constructor(
    private readonly parties: number,
    private readonly action?: () => unknown,
  ) {}

  call(call: Call): void {
    switch (call.method) {
      case "wait":
        return this.wait(call);
      case "waiting":
        return call.reply(this.waiting.length);
      case "broken":
        return call.reply(this.broken);
      case "abort":
        this.break("the barrier was aborted");
        return call.reply();
      case "reset":
        if (this.waiting.length > 0) this.break("the barrier was reset");
        this.broken = false;
        return call.reply();
      default:
        return failUnknown(call);
    }
  }

  cancel(call: Call): void {
    if (this.waiting.includes(call)) this.break("the time of one that waited was up");
  }

  gone(holder: Holder): void {
    const own = this.waiting.filter((call) => call.holder === holder);
    for (const call of own) remove(this.waiting, call);
    if (own.length > 0) this.break(`process ${holder.pid}, which waited, has died`);
  }

  private wait(call: Call): void {
    if (this.broken) return call.fail(new BrokenBarrierError());
    this.waiting.push(call);
    if (!this.acting) this.letGo();
  }

  private letGo(): void {
    if (this.waiting.length < this.parties) return;
    const round = this.waiting.splice(0, this.parties);
    const release = () => round.forEach((call, index) => call.reply(index));
    if (!this.action) return release();
    this.acting = true;
    this.act(this.action).then(release, (error) => {
      const why = `its action failed: ${error instanceof Error ? error.message : error}`;
      round.forEach((call) => call.fail(new BrokenBarrierError(`the barrier is broken: ${why}`)));
      this.break(why);
    }).finally(() => {
      this.acting = false;
      this.letGo();
    });
  }

  private async act(action: () => unknown): Promise<void> {
    await action();
  }

  private break(why: string): void {
    this.broken = true;
    for (const call of this.waiting.splice(0)) {
      call.fail(new BrokenBarrierError(`the barrier is broken: ${why}`));
    }
  }
}
