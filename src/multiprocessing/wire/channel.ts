import { oneLine, shownAs } from "../process/one_line.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { unreadBytes } from "../../libc/descriptors/pipe.ts";
import { shutDown, socketPair } from "../../libc/descriptors/socket.ts";
import { runtime, type RuntimeSocket } from "../../runtime/mod.ts";
import { closeSent, decode, encode, type Encoded } from "./codec.ts";
import { FrameReader, Outbox, type OutgoingMessage } from "./frames.ts";
import type { Listener } from "./listener.ts";
import { linesInUse, SideLine } from "./side_line.ts";
import { pack, type Packed, registerPortable } from "./portable.ts";

/** The two descriptors of one end of a channel. */
export type Descriptors = readonly [stream: number, side: number];

const KIND = "Channel";
const RETRY_MS = 1;
/** More than this is not held back until the end of the current turn of the event loop. */
const SEND_AT_ONCE = 1 << 16;

/**
 * A two-way connection between two processes for any value that can be sent. It consists of two socket pairs without a
 * name on the host: one for bytes, one for their descriptors, which always go first.
 *
 * It does not keep the event loop alive until {@link ref}. Until it is used in this process, it can itself be sent to
 * another one.
 */
export class Channel {
  private socket: RuntimeSocket | undefined;
  private listener: Listener | undefined;
  private readonly reader = new FrameReader((bytes, fds) => this.receive(bytes, fds));
  private readonly outbox = new Outbox((bytes) => this.write(bytes));
  /** Messages whose descriptors the kernel does not accept yet, and those after them. */
  private held: OutgoingMessage[] = [];
  private early: (() => void)[] | undefined = [];
  private drains: (() => void)[] = [];
  private scheduled = false;
  private referenced = false;
  private holding = false;
  private refused = false;
  private state: "open" | "closing" | "closed" = "open";

  private readonly side: SideLine;

  private constructor(private readonly fds: Descriptors) {
    this.side = new SideLine(fds[1]);
  }

  /** A new channel: this process's end, and the other one's descriptors. @throws ImpError (EMFILE) */
  static pair(): { mine: Channel; theirs: Descriptors } {
    const [stream, otherStream] = socketPair("stream");
    try {
      const [side, otherSide] = socketPair("packets");
      return { mine: new Channel([stream, side]), theirs: [otherStream, otherSide] };
    } catch (error) {
      closeSent([stream, otherStream]);
      throw error;
    }
  }

  /** The end whose descriptors this process has; they belong to the channel from now on. */
  static open(fds: Descriptors): Channel {
    return new Channel(fds);
  }

  /** What console.log shows. */
  [shownAs](): string {
    const { closed, waiting } = this;
    return oneLine(
      "Channel",
      closed ? "closed" : "open",
      waiting > 0 && `waiting: ${waiting} bytes`,
    );
  }

  /** Whether the other side has gone, or this one was closed: nothing can be sent any more. */
  get closed(): boolean {
    return this.state !== "open" || this.refused;
  }

  /** Bytes sent that wait for the other side to read earlier ones. */
  get waiting(): number {
    return this.outbox.size + this.held.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Bytes received, and those that the other side has sent besides. */
  get arrivals(): { read: number; sent: number } {
    const { taken } = this.reader;
    return { read: taken, sent: taken + unreadBytes(this.fds[0]) };
  }

  /** Begins to receive. Earlier messages come first. */
  listen(listener: Listener): void {
    this.listener = listener;
    this.opened();
    const early = this.early ?? [];
    this.early = undefined;
    for (const event of early) event();
  }

  /**
   * Sends a value, together with all others of this turn of the event loop. Never waits: see {@link waiting} and
   * {@link drained}. If the other side has gone, nothing is sent.
   * @param name what messages call the value
   * @throws UnsendableError that names what has no meaning in another process
   */
  send(value: unknown, name?: string): void {
    this.sendEncoded(encode(value, name));
  }

  /** Like {@link send}, for a value already encoded. */
  sendEncoded(message: Encoded): void {
    if (!this.add(message)) return;
    if (this.outbox.size > SEND_AT_ONCE) this.flush();
    else if (!this.scheduled) {
      this.scheduled = true;
      queueMicrotask(() => {
        this.scheduled = false;
        this.flush();
      });
    }
  }

  /** Sends a value at once, with all that was sent before. @returns whether the kernel accepted it, or nobody reads it */
  sendNow(value: unknown): boolean {
    return this.sendEncodedNow(encode(value));
  }

  /** Like {@link sendNow}, for a value already encoded. */
  sendEncodedNow(message: Encoded): boolean {
    if (!this.add(message)) return true;
    this.flush();
    return this.outbox.size === 0 && this.held.length === 0;
  }

  /** Hands what was sent to the kernel now: it arrives even if this process ends in the next statement. */
  flush(): void {
    if (this.state === "closed" || !this.outbox.flush()) return;
    if (this.held.length > 0) return;
    if (this.drains.length > 0) { for (const drained of this.drains.splice(0)) drained(); }
    if (this.state === "closing") this.shut();
    else this.hold();
  }

  /** Resolves when the kernel has accepted everything sent so far, or the other side has gone. */
  drained(): Promise<void> {
    this.flush();
    if (this.waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.drains.push(resolve);
      this.hold();
    });
  }

  /** @returns false if the other side has gone: nothing is sent */
  private add({ bytes, fds }: Encoded): boolean {
    if (this.closed) {
      closeSent(fds);
      return false;
    }
    const message = { bytes, fds, count: fds.length };
    if (this.held.length > 0) this.held.push(message);
    else if (!this.enqueue(message)) this.later(message);
    return true;
  }

  /** Keeps the event loop alive as long as the channel is open. */
  ref(): void {
    this.referenced = true;
    this.hold();
  }

  unref(): void {
    this.referenced = false;
    this.hold();
  }

  /** Closes this end. What was sent still arrives if this process lives long enough: see {@link drained}. */
  close(): void {
    if (this.state !== "open") return;
    this.state = "closing";
    this.listener = undefined;
    this.referenced = false;
    this.flush();
    this.hold();
  }

  /** Hands this end over to the process that gets the message: it can no longer be used here. */
  [pack](): Packed {
    if (this.socket || this.closed) {
      throw new TypeError("a channel that has been used here cannot be sent to another process");
    }
    this.state = "closed";
    return { kind: KIND, data: undefined, fds: [...this.fds] };
  }

  /** Like {@link close}, if no event loop will run any more: the other side is told at once. */
  cut(): void {
    if (this.state === "closed") return;
    this.outbox.flush();
    shutDown(this.fds[0]);
  }

  private write(bytes: Uint8Array): number {
    const taken = this.opened()?.write(bytes) ?? -1;
    // The event loop reports it later.
    if (taken < 0) this.refused = true;
    return taken;
  }

  private opened(): RuntimeSocket | undefined {
    if (this.socket || this.state === "closed") return this.socket;
    const socket = runtime.openSocket(this.fds[0], {
      data: (bytes) => this.reader.push(bytes),
      drain: () => this.flush(),
      close: () => this.lost(),
    });
    this.socket = socket;
    linesInUse.add(this);
    this.holding = true;
    this.hold();
    return socket;
  }

  /** Keeps the event loop alive if the owner wants that, or somebody waits for bytes to be sent. */
  private hold(): void {
    if (!this.socket || this.state === "closed") return;
    const wanted = this.referenced || this.drains.length > 0;
    if (wanted === this.holding) return;
    this.holding = wanted;
    if (wanted) this.socket.ref();
    else this.socket.unref();
  }

  /** @returns false if its descriptors are not accepted now */
  private enqueue({ bytes, fds, count }: OutgoingMessage): boolean {
    if (!this.side.send(fds)) return false;
    this.outbox.add(bytes, count);
    return true;
  }

  private later(message: OutgoingMessage): void {
    this.held.push(message);
    const retry = () => {
      while (this.held.length > 0 && this.state !== "closed") {
        if (!this.enqueue(this.held[0])) return void setTimeout(retry, RETRY_MS);
        this.held.shift();
      }
      this.flush();
    };
    setTimeout(retry, RETRY_MS);
  }

  private receive(bytes: Uint8Array<ArrayBuffer>, count: number): void {
    if (this.early) return void this.early.push(() => this.receive(bytes, count));
    const fds = count > 0 ? this.side.take(count) : [];
    let value: unknown;
    try {
      if (typeof fds === "number") throw systemError(fds, "receive", `${count} descriptors`);
      value = fds.length === 0 ? decode(bytes) : decode(bytes, () => fds.shift() ?? -1);
    } catch (error) {
      if (typeof fds !== "number") closeSent(fds);
      return this.unreadable(error);
    }
    this.listener?.message(value);
  }

  private unreadable(error: unknown): void {
    if (this.listener?.failed) return this.listener.failed(error);
    queueMicrotask(() => {
      throw error;
    });
  }

  private lost(): void {
    if (this.early) return void this.early.push(() => this.lost());
    const { listener, state } = this;
    this.shut();
    if (state === "open") listener?.closed?.();
  }

  private shut(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    linesInUse.delete(this);
    this.outbox.clear();
    for (const { fds } of this.held.splice(0)) closeSent(fds);
    for (const drained of this.drains.splice(0)) drained();
    if (this.socket) this.socket.close();
    else closeFile(this.fds[0]);
    this.side.close();
  }
}

registerPortable(KIND, (_, [stream, side]) => Channel.open([stream, side]));
