import { EventService } from "./event_service.ts";
import { type Port, portGiven } from "./port.ts";
import { registerShared, Shared } from "./shared.ts";

/** A flag that is off at first. Its methods throw OwnerDied. */
export class Event extends Shared {
  protected readonly kind = EVENT;

  constructor(port?: Port) {
    super(portGiven(port, "Event") ?? new EventService());
  }

  /** Whether it is on, now. */
  async isSet(): Promise<boolean> {
    return await this.port.call("isSet") as boolean;
  }

  /** Lets everybody go who waits, and who will wait until it is cleared. */
  async set(): Promise<void> {
    await this.port.call("set");
  }

  /** Turns it off: who waits from now on, waits. */
  async clear(): Promise<void> {
    await this.port.call("clear");
  }

  /** @param timeout ms @returns false when the time was up */
  async wait(timeout?: number): Promise<boolean> {
    return await this.port.call("wait", [], timeout) as boolean;
  }
}

const EVENT = registerShared("Event", (port) => new Event(port));
