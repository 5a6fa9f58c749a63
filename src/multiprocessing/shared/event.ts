import { type Port, portGiven } from "./port.ts";
import { registerShared, Shared } from "./shared.ts";
import { type Call, failUnknown, type Holder, remove, type Service } from "./service.ts";

/** A flag that is initially off. Its methods throw OwnerDied. */
export class Event extends Shared {
  protected readonly kind = EVENT;

  constructor(port?: Port) {
    super(portGiven(port, "Event") ?? new EventService());
  }

  /** Whether it is on now. */
  async isSet(): Promise<boolean> {
    return await this.port.call("isSet") as boolean;
  }

  /** Releases everybody who waits, and later waiters until it is cleared. */
  async set(): Promise<void> {
    await this.port.call("set");
  }

  /** Turns it off: later waiters wait. */
  async clear(): Promise<void> {
    await this.port.call("clear");
  }

  /** @param timeout ms @returns false if it expired */
  async wait(timeout?: number): Promise<boolean> {
    return await this.port.call("wait", [], timeout) as boolean;
  }
}

const EVENT = registerShared("Event", (port) => new Event(port));

/** A flag that processes set, clear and wait for. */
export class EventService implements Service {
  private on = false;
  private readonly waiting: Call[] = [];

  call(call: Call): void {
    switch (call.method) {
      case "isSet":
        return call.reply(this.on);
      case "set":
        this.on = true;
        this.waiting.splice(0).forEach((waiter) => waiter.reply(true));
        return call.reply();
      case "clear":
        this.on = false;
        return call.reply();
      case "wait":
        if (this.on) call.reply(true);
        else this.waiting.push(call);
        return;
      default:
        return failUnknown(call);
    }
  }

  cancel(call: Call): void {
    if (remove(this.waiting, call)) call.reply(false);
  }

  gone(holder: Holder): void {
    for (const call of this.waiting.filter((call) => call.holder === holder)) {
      remove(this.waiting, call);
    }
  }
}
