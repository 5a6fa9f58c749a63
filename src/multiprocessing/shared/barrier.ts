import { checkOptions, checkTimeout, valueInMessage } from "../process/arguments.ts";
import { BarrierService } from "./barrier_service.ts";
import { type Port, portGiven } from "./port.ts";
import { registerShared, Shared } from "./shared.ts";

/** What a {@link Barrier} may be given besides the number of its parties. */
export interface BarrierOptions {
  /** Runs in the process that made the barrier, once for each round, before anybody is let go. If it fails the barrier breaks. */
  action?: () => unknown;
  /** ms; for each wait that names none of its own. */
  timeout?: number;
}

interface Traits {
  readonly parties: number;
  readonly timeout?: number;
}

/**
 * Holds back those who wait until there are as many as there are parties. When the time of one is up, when it dies, or when
 * the barrier is aborted, it is broken for all.
 */
export class Barrier extends Shared {
  protected readonly kind = BARRIER;
  /** How many it takes to be let go. */
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
   * @returns a number below `parties`, another one for each of them
   * @throws BrokenBarrierError; OwnerDied
   */
  async wait(timeout = this.timeout): Promise<number> {
    return await this.port.call("wait", [], timeout) as number;
  }

  /** Breaks the barrier: who waits, and who comes, gets a BrokenBarrierError. */
  async abort(): Promise<void> {
    await this.port.call("abort");
  }

  /** Makes it as new. Who waits gets a BrokenBarrierError. */
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
