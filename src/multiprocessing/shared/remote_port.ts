import { ownPid } from "../../libc/processes/process.ts";
import { after } from "../process/after.ts";
import { checkTimeout } from "../process/arguments.ts";
import { Channel } from "../wire/channel.ts";
import { type Encoded, encodeTuple } from "../wire/codec.ts";
import { Door } from "../wire/door.ts";
import { Raw } from "../wire/codec_tags.ts";
import { RingWriter } from "../wire/ring.ts";
import { thrownToCaller } from "../process/own_frames.ts";
import { addEndRule, ORDER } from "../process/end_rules.ts";
import { type HostAnswer, POSTED } from "./host.ts";
import { closedHere, Port } from "./port.ts";
import { OwnerDied, revive } from "./service.ts";
import { nextTurn, type SharedMemory, turnIsDue } from "./claims.ts";
import { ownThread } from "../process/current.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const DONE = Promise.resolve();
const open = new Set<RemotePort>();
let ruled = false;

/**
 * To be called when this thread ends: its process may live on, and then nobody else closes them.
 * @param orderly it ends without an error
 */
export function closePorts(orderly: boolean): void {
  for (const port of open) port.end(orderly);
}

/** Whatever ends otherwise, by a signal or an error, does not get to report that. */
function takeLeave(): undefined {
  for (const port of open) port.takeLeave();
}

/** For every other process. The event loop lives while a call waits for its answer. */
export class RemotePort extends Port {
  readonly local = false;
  private readonly pending = new Map<number, Pending>();
  private last = 0;
  private lost: string | undefined;
  private abandoned = false;
  /** Messages sent through the channel. */
  private sent = 0;
  private ring: RingWriter | undefined;

  /** @param what messages call the object */
  constructor(
    private readonly channel: Channel,
    readonly owner: number,
    private readonly what: string,
  ) {
    super();
    if (!ruled) addEndRule({ order: ORDER.ports, idle: takeLeave });
    ruled = true;
    open.add(this);
    this.send([0, "hello", ownPid(), ownThread()]);
    channel.listen({
      message: (answer) => this.receive(answer as HostAnswer),
      closed: () => this.fail(this.ended()),
    });
  }

  call(method: string, args: readonly unknown[] = [], timeout?: number): Promise<unknown> {
    checkTimeout(timeout);
    if (this.lost !== undefined) return Promise.reject(new OwnerDied(this.lost));
    const id = ++this.last;
    this.send([id, method, ...args]);
    if (this.pending.size === 0) this.channel.ref();
    return thrownToCaller(
      new Promise((resolve, reject) => {
        if (timeout === undefined) return void this.pending.set(id, { resolve, reject });
        const timer = after(timeout, () => this.send([0, "cancel", id]));
        this.pending.set(id, {
          resolve: (value) => (clearTimeout(timer), resolve(value)),
          reject: (error) => (clearTimeout(timer), reject(error)),
        });
      }),
    );
  }

  post(method: string, payload: unknown): Promise<void> {
    if (this.lost !== undefined) return this.posted();
    const taken = this.pushed(method, payload) || this.sendNow(encodeTuple([0, method, payload]));
    if (!taken || this.channel.closed) return this.posted();
    return turnIsDue() ? nextTurn() : DONE;
  }

  /** @returns false: it has to go through the channel */
  private pushed(method: string, payload: unknown): boolean {
    const { ring } = this;
    if (!ring || !(payload instanceof Raw)) return false;
    if (!ring.push(payload.bytes, POSTED.indexOf(method), this.sent)) return false;
    if (ring.takeWish()) this.sendNow(encodeTuple([0, "look"]));
    return true;
  }

  private send(message: readonly unknown[]): void {
    this.channel.sendEncoded(encodeTuple(message));
    this.sent = (this.sent + 1) | 0;
  }

  private sendNow(message: Encoded): boolean {
    this.sent = (this.sent + 1) | 0;
    return this.channel.sendEncodedNow(message);
  }

  /** The kernel accepts it later, or never. */
  private async posted(): Promise<void> {
    await this.channel.drained();
    if (this.lost !== undefined || this.channel.closed) {
      throw new OwnerDied(this.lost ?? this.ended());
    }
  }

  share(): Channel {
    if (this.lost !== undefined) throw new OwnerDied(this.lost);
    const { mine, theirs } = Channel.pair();
    // This first: should this process die before it has sent the other end, the new holder sees that end closed.
    this.sendNow(encodeTuple([0, "attach", Channel.open(theirs)]));
    return mine;
  }

  door(): Door {
    if (this.lost !== undefined) throw new OwnerDied(this.lost);
    const { inside, outside } = Door.pair();
    this.sendNow(encodeTuple([0, "door", inside]));
    return outside;
  }

  /** Sends what nobody answers or waits for. */
  tell(method: string): void {
    this.send([0, method]);
  }

  close(): void {
    this.end(true);
  }

  /** @param orderly tells the service that it is no accident */
  end(orderly: boolean): void {
    if (orderly) this.tell("bye");
    this.channel.close();
    this.fail(closedHere(this.what));
  }

  takeLeave(): void {
    this.tell("bye");
    this.channel.flush();
  }

  /** Once the current calls have been answered. */
  closeWhenIdle(): void {
    if (this.lost !== undefined) return;
    if (this.pending.size === 0) this.close();
    else this.abandoned = true;
  }

  private receive(answer: HostAnswer): void {
    const [id, value, message] = answer;
    if (id === 0) return void (this.ring = new RingWriter((value as SharedMemory).buffer));
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    if (this.pending.size === 0) this.idle();
    if (answer.length === 3) pending.reject(revive(value as string, message as string));
    else pending.resolve(value);
  }

  private ended(): string {
    return `the process that holds the ${this.what}, ${this.owner}, has ended`;
  }

  private idle(): void {
    if (this.abandoned) this.close();
    else this.channel.unref();
  }

  private fail(why: string): void {
    this.lost = why;
    this.ring = undefined;
    open.delete(this);
    for (const { reject } of this.pending.values()) reject(new OwnerDied(why));
    this.pending.clear();
  }
}
