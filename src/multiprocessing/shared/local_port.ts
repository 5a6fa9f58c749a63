import { ownPid } from "../../libc/processes/process.ts";
import { after, type Timer } from "../process/after.ts";
import { checkTimeout } from "../process/arguments.ts";
import { thrownToCaller } from "../process/own_frames.ts";
import { Channel } from "../wire/channel.ts";
import { Door } from "../wire/door.ts";
import { nextTurn, turnIsDue } from "./claims.ts";
import type { Host } from "./host.ts";
import { closedHere, Port } from "./port.ts";
import { type Call, OwnerDied, revive } from "./service.ts";

/** For the process in which the service lives. */
export class LocalPort extends Port {
  readonly owner = ownPid();
  readonly local = true;
  private readonly waiting = new Set<Call>();
  private closed: string | undefined;

  constructor(private readonly host: Host) {
    super();
  }

  call(method: string, args: readonly unknown[] = [], timeout?: number): Promise<unknown> {
    checkTimeout(timeout);
    if (this.closed !== undefined) return Promise.reject(new OwnerDied(this.closed));
    const { host } = this;
    let waits = false;
    const answer = new Promise((resolve, reject) => {
      let open = true;
      let timer: Timer | undefined = undefined;
      const end = () => {
        if (waits) host.waits(-1);
        this.waiting.delete(call);
        clearTimeout(timer);
        open = false;
      };
      const call: Call = {
        holder: host.holder,
        method,
        args,
        reply: (value) => {
          end();
          resolve(!waits && turnIsDue() ? nextTurn().then(() => value) : value);
        },
        fail: (error) => (end(), reject(revive(error.name, error.message))),
      };
      host.call(call);
      if (!open) return;
      waits = true;
      host.waits(1);
      this.waiting.add(call);
      timer = after(timeout, () => host.cancel(call));
    });
    return waits ? thrownToCaller(answer) : answer;
  }

  async post(method: string, payload: unknown): Promise<void> {
    await this.call(method, [payload]);
  }

  share(): Channel {
    const { mine, theirs } = Channel.pair();
    this.host.attach(mine);
    return Channel.open(theirs);
  }

  door(): Door {
    const { inside, outside } = Door.pair();
    this.host.openDoor(inside);
    return outside;
  }

  /** The answer of a method that answers at once and changes nothing; undefined for others. */
  peek(method: string): unknown {
    const { holder, service } = this.host;
    let answer: unknown;
    service.call({ holder, method, args: [], reply: (value) => (answer = value), fail: () => {} });
    return answer;
  }

  /** The service knows what others have posted. */
  catchUp(): void {
    this.host.catchUp();
  }

  /** The same once everything under way has arrived. */
  hearAll(): Promise<void> {
    return this.host.hearAll();
  }

  /** The service lives on for the others. */
  close(what: string): void {
    this.closed = closedHere(what);
    this.host.service.gone(this.host.holder, true);
    for (const call of this.waiting) call.fail(new OwnerDied(this.closed));
  }
}
