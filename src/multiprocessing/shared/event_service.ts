import { type Call, failUnknown, type Holder, remove, type Service } from "./service.ts";

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
