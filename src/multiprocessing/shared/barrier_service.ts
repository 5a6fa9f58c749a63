import { type Call, failUnknown, type Holder, remove, type Service } from "./service.ts";
import { BrokenBarrierError } from "./shared_errors.ts";

/**
 * Lets go of those who wait once there are as many as there are parties. It breaks for everybody, now and later, when one
 * of them gives up or dies: the others would wait for ever.
 */
export class BarrierService implements Service {
  private waiting: Call[] = [];
  private broken = false;
  /** While the action of a full round runs: those who come meanwhile are the next round's. */
  private acting = false;

  /** @param action runs in this process, once for each round, before anybody is let go */
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
