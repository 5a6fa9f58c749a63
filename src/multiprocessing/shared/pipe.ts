import { oneLine, shownAs } from "../process/one_line.ts";
import { after, type Timer } from "../process/after.ts";
import { checkOptions, checkTimeout, misused, takesNoMore } from "../process/arguments.ts";
import { thrownToCaller } from "../process/own_frames.ts";
import { Channel } from "../wire/channel.ts";
import { Deposit } from "../wire/deposit.ts";
import {
  pack,
  type Packed,
  type Portable,
  registerPortable,
  TimeoutError,
} from "../wire/portable.ts";
import { EndOfPipe, remove } from "./service.ts";
import type { Watched } from "../process/children.ts";

/** How long {@link Connection.recv} may take. */
export interface RecvOptions {
  /** ms; by default unlimited. */
  timeout?: number;
}

/**
 * A connection between two processes.
 * @param duplex false: the first end only receives, the second one only sends
 * @throws ImpError (EMFILE)
 */
export function Pipe<T = unknown>(duplex = true): [Connection<T>, Connection<T>] {
  if (typeof duplex !== "boolean") takesNoMore([duplex], "Pipe, besides true and false,");
  const { mine, theirs } = Channel.pair();
  const other = Channel.open(theirs);
  return [
    new Connection<T>(mine, duplex ? "both" : "receive"),
    new Connection<T>(other, duplex ? "both" : "send"),
  ];
}

/** For waiting for several. @throws TypeError if the end is closed, or only sends */
export let watchConnection: (connection: Connection) => Watched;

type Way = "both" | "send" | "receive";

/** The kind that an end is sent as. */
interface Sent {
  readonly end: Channel | Deposit;
  readonly way: Way;
}

interface Receiver<T> {
  resolve(value: T): void;
  reject(error: Error): void;
  timer?: Timer;
}

/**
 * One end of a pipe. It belongs to one process: sent to another before being used, it becomes that one's. What the
 * other end's process sent before it died is received; then comes EndOfPipe.
 */
export class Connection<T = unknown> implements Portable {
  static {
    watchConnection = (connection) => {
      connection.check(connection.readable, "sends only");
      connection.listen();
      return { ready: () => connection.ready, watch: (tell) => connection.watch(tell) };
    };
  }

  private readonly arrived: { value?: T; error?: Error }[] = [];
  private readonly receivers: Receiver<T>[] = [];
  private readonly pollers: (() => void)[] = [];
  private listening = false;
  private ended = false;
  private closedHere: boolean;
  private readonly channel: Channel;

  /** Ends are made by {@link Pipe}. */
  constructor(channel: Channel | undefined, private readonly way: Way) {
    this.closedHere = channel === undefined;
    // A closed end has no use for it.
    this.channel = channel as Channel;
    if (channel) dropped.register(this, channel);
  }

  /** Whether this end receives. */
  get readable(): boolean {
    return this.way !== "send";
  }

  /** Whether this end sends. */
  get writable(): boolean {
    return this.way !== "receive";
  }

  /**
   * Whether this end was closed or sent away, or somebody else took it out of the dict or list in which it was kept.
   */
  get closed(): boolean {
    return this.closedHere;
  }

  /**
   * Sends a copy of the value. Done when the kernel has accepted it, which it does while the receiver keeps up.
   * @throws EndOfPipe if the other end is closed; UnsendableError
   */
  async send(value: T): Promise<void> {
    this.check(this.writable, "receives only");
    // Only a listener learns that the other end is closed.
    this.listen();
    if (!this.ended) {
      this.channel.send(value, "the value");
      await this.channel.drained();
    }
    if (this.ended || this.channel.closed) throw new EndOfPipe();
  }

  /**
   * The next value.
   * @throws EndOfPipe if the other end is closed and everything is received; TimeoutError; TypeError for a number
   */
  recv(options: RecvOptions = {}): Promise<T> {
    if (typeof options === "number") {
      throw misused(`recv: for a timeout in milliseconds write { timeout: ${options} }`);
    }
    checkOptions(options, { timeout: "any" }, "recv");
    const { timeout } = options;
    checkTimeout(timeout);
    this.check(this.readable, "sends only");
    this.listen();
    const first = this.arrived.shift();
    if (first) return first.error ? Promise.reject(first.error) : Promise.resolve(first.value as T);
    if (this.ended) return Promise.reject(new EndOfPipe());
    return thrownToCaller(
      new Promise((resolve, reject) => {
        const receiver: Receiver<T> = { resolve, reject };
        receiver.timer = after(timeout, () => this.giveUp(receiver, timeout!));
        this.receivers.push(receiver);
        this.channel.ref();
      }),
    );
  }

  /** @param timeout ms; 0 does not wait @returns whether `recv` would return or throw EndOfPipe at once */
  async poll(timeout = 0): Promise<boolean> {
    checkTimeout(timeout);
    this.check(this.readable, "sends only");
    this.listen();
    // What has already arrived is delivered in the next turns of the event loop.
    return this.ready || await new Promise<boolean>((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        forget();
        resolve(this.ready);
      };
      const timer = after(timeout, settle);
      const forget = this.watch(settle);
    });
  }

  /** Closes this end: the other one receives what was sent, then EndOfPipe. */
  close(): void {
    if (this.closedHere) return;
    this.closedHere = true;
    this.channel.close();
    this.end();
  }

  /** Python's `with`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What console.log shows. */
  [shownAs](): string {
    const { closedHere, readable, writable, ended, arrived } = this;
    if (closedHere) return oneLine("Connection", "closed");
    const waiting = arrived.length > 0 && `waiting: ${arrived.length}`;
    const way = [readable && "readable", writable && "writable"] as const;
    return oneLine("Connection", ...way, ended && "other end closed", waiting);
  }

  [pack](kept: boolean): Packed {
    if (this.listening || this.closedHere) {
      throw misused("an end of a pipe that has been used here cannot be sent");
    }
    const end = kept ? Deposit.of(this.channel) : this.channel;
    this.closedHere = true;
    return { kind: KIND, data: { end, way: this.way } satisfies Sent, fds: [] };
  }

  private get ready(): boolean {
    return this.arrived.length > 0 || this.ended;
  }

  /** Calls `tell` once when it is ready. @returns a function that cancels this */
  private watch(tell: () => void): () => void {
    this.pollers.push(tell);
    this.channel.ref();
    return () => {
      if (remove(this.pollers, tell)) this.rest();
    };
  }

  private check(able: boolean, why: string): void {
    if (this.closedHere) {
      throw misused("this end of the pipe is closed, or another process holds it");
    }
    if (!able) throw misused(`this end of the pipe ${why}`);
  }

  private listen(): void {
    if (this.listening) return;
    this.listening = true;
    this.channel.listen({
      message: (value) => this.arrive({ value: value as T }),
      failed: (error) => this.arrive({ error: error as Error }),
      closed: () => this.end(),
    });
  }

  private arrive(what: { value?: T; error?: Error }): void {
    const receiver = this.receivers.shift();
    if (!receiver) {
      this.arrived.push(what);
      this.pollers.slice().forEach((tell) => tell());
      return;
    }
    clearTimeout(receiver.timer);
    this.rest();
    if (what.error) receiver.reject(what.error);
    else receiver.resolve(what.value as T);
  }

  private end(): void {
    this.ended = true;
    for (const { reject, timer } of this.receivers.splice(0)) {
      clearTimeout(timer);
      reject(new EndOfPipe());
    }
    this.pollers.slice().forEach((tell) => tell());
  }

  private giveUp(receiver: Receiver<T>, timeout: number): void {
    const at = this.receivers.indexOf(receiver);
    if (at < 0) return;
    this.receivers.splice(at, 1);
    this.rest();
    receiver.reject(new TimeoutError(`nothing came within ${timeout} ms`));
  }

  private rest(): void {
    if (this.receivers.length === 0 && this.pollers.length === 0) this.channel.unref();
  }
}

/** If nothing referred to an end any more, the other end would wait for ever. One in use is referred to. */
const dropped = new FinalizationRegistry<Channel>((channel) => channel.close());
const KIND = "Connection";
registerPortable(KIND, (data) => {
  const { end, way } = data as Sent;
  return new Connection(end instanceof Deposit ? end.take() : end, way);
});
