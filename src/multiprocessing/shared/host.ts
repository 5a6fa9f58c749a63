import { ownPid } from "../../libc/processes/process.ts";
import { Channel } from "../wire/channel.ts";
import { encodeTuple } from "../wire/codec.ts";
import type { Door, OpenDoor } from "../wire/door.ts";
import { Raw } from "../wire/codec_tags.ts";
import type { RingReader } from "../wire/ring.ts";
import { ownThread } from "../process/current.ts";
import { type Poster, Posts } from "./posts.ts";
import { lendRing, type LentRing, nextTurn, returnRing } from "./claims.ts";
import type { Call, Holder, Service } from "./service.ts";

/** What a holder sends: the number of a request that needs an answer, or 0; the method; its arguments. */
export type Request = [id: number, method: string, ...args: unknown[]];
/** The methods posted through a ring, by the kind of message there: an encoded value is their only argument. */
export const POSTED: readonly string[] = ["put", "promised"];
/**
 * The answer: the number and the value, or the error's name and message. Unasked, with number 0, comes the memory of a
 * ring for posts.
 */
export type HostAnswer = [id: number, value: unknown] | [id: number, name: string, message: string];

/**
 * The host of a service: it connects holders with it, those in this process and, each through a channel, those in
 * others.
 * A holder's channel shows whether it lives: the channel ends with it.
 */
export class Host {
  private readonly connections = new Set<Channel | OpenDoor>();
  /** Calls of this process that wait for what another one does. */
  private waiting = 0;

  private readonly posts: Posts;

  constructor(readonly service: Service) {
    this.posts = new Posts(() => service.wantsPosts === true);
  }

  /** Calls from within the process of the service. */
  readonly holder: Holder = {
    pid: ownPid(),
    thread: ownThread(),
    local: true,
  };

  /** Takes the other end of a holder's channel. */
  attach(channel: Channel): void {
    const connection = new Connection(this, channel);
    this.connections.add(channel);
    channel.listen({
      message: (request) => this.hear(connection, request as Request),
      closed: () => this.detach(channel, connection),
      failed: () => this.cutOff(channel, connection),
    });
    if (this.waiting > 0) channel.ref();
  }

  /** Takes the inside of a door through which holders come. */
  openDoor(door: Door): void {
    const opened = door.listen({
      entered: (channel) => this.attach(channel),
      closed: () => this.connections.delete(opened),
    });
    this.connections.add(opened);
    if (this.waiting > 0) opened.ref();
  }

  /** While somebody here waits, the event loop lives as long as anybody is left who could end the waiting. */
  waits(more: 1 | -1): void {
    this.waiting += more;
    if (this.waiting === 1 && more === 1) { for (const channel of this.connections) channel.ref(); }
    else if (this.waiting === 0) { for (const channel of this.connections) channel.unref(); }
  }

  /** Handles what has been posted. To be called before anything that depends on it. */
  catchUp(): void {
    this.posts.catchUp();
  }

  /** What others sent before is handled first, whichever of them the event loop comes to first. */
  async hearAll(): Promise<void> {
    for (const line of [...this.connections]) {
      if (!(line instanceof Channel) || !this.connections.has(line)) continue;
      const { sent } = line.arrivals;
      while (this.connections.has(line) && line.arrivals.read < sent) await nextTurn();
    }
  }

  /** A call of this process. */
  call(call: Call): void {
    this.posts.catchUp();
    this.service.call(call);
    this.posts.settle();
  }

  /** The timeout of a call of this process has expired. */
  cancel(call: Call): void {
    this.posts.catchUp();
    this.service.cancel(call);
  }

  /** Handles a message of a holder, and what it and others have posted before. */
  hear(connection: Connection, request: Request): void {
    this.posts.catchUp();
    connection.receive(request);
    this.posts.catchUp();
    this.posts.settle();
  }

  addPoster(poster: Poster): void {
    this.posts.add(poster);
  }

  toldOfPost(): void {
    this.posts.told();
  }

  /** It speaks another protocol: disconnected it learns that, left waiting it would not. */
  cutOff(channel: Channel, connection: Connection): void {
    channel.close();
    this.detach(channel, connection);
  }

  private detach(channel: Channel, connection: Connection): void {
    if (!this.connections.delete(channel)) return;
    this.posts.remove(connection);
    connection.end();
    this.service.gone(connection.holder, connection.orderly);
    this.posts.settle();
  }
}

/** Whoever posts this often gets a ring for it. */
const POSTS_BEFORE_RING = 8;

/** One holder in another process or thread. */
class Connection implements Poster {
  orderly = false;
  /** Messages received through the channel: later posts wait for those sent before. */
  private received = 0;
  private posted = 0;
  private lent: LentRing | undefined;
  readonly holder: Holder;
  private readonly calls = new Map<number, Call>();

  constructor(private readonly host: Host, private readonly channel: Channel) {
    this.holder = { pid: 0, thread: "", local: false };
  }

  get ring(): RingReader {
    return this.lent!.reader;
  }

  takePosts(tail: number, sentBefore = this.received): boolean {
    let any = false;
    for (;;) {
      const mark = this.ring.peek(tail);
      if (mark === undefined || ((sentBefore - mark) | 0) < 0) return any;
      any = true;
      const { kind } = this.ring, bytes = this.ring.take();
      if (!bytes || kind >= POSTED.length) return this.damaged();
      this.host.service.call(new RemoteCall(this, 0, POSTED[kind], [new Raw(bytes)]));
    }
  }

  /** Nothing more can be read from it. */
  private damaged(): false {
    this.lent = undefined;
    this.host.cutOff(this.channel, this);
    return false;
  }

  /** Nothing more comes through the channel; what was posted counts. */
  end(): void {
    const { lent } = this;
    if (!lent) return;
    const { tail } = this.ring;
    this.takePosts(tail);
    const FAR = 1 << 30;
    if (this.lent) this.takePosts(tail, (this.received + FAR) | 0);
    this.lent = undefined;
    returnRing(lent);
  }

  receive([id, method, ...args]: Request): void {
    this.received = (this.received + 1) | 0;
    switch (method) {
      case "hello":
        this.holder.pid = args[0] as number;
        this.holder.thread = args[1] as string;
        return;
      case "bye":
        this.orderly = true;
        return;
      case "attach":
        return this.host.attach(args[0] as Channel);
      case "door":
        return this.host.openDoor(args[0] as Door);
      case "look":
        return this.host.toldOfPost();
      case "cancel": {
        const call = this.calls.get(args[0] as number);
        if (call) this.host.service.cancel(call);
        return;
      }
      default:
        if (id === 0 && ++this.posted === POSTS_BEFORE_RING) this.offerRing();
        return this.host.service.call(this.begin(id, method, args));
    }
  }

  private offerRing(): void {
    this.lent = lendRing((memory) => this.channel.sendEncoded(encodeTuple([0, memory])));
    if (this.lent) this.host.addPoster(this);
  }

  private begin(id: number, method: string, args: unknown[]): Call {
    const call = new RemoteCall(this, id, method, args);
    if (id !== 0) this.calls.set(id, call);
    return call;
  }

  /** @param message its first part is the number of the call; 0: nobody waits for the answer */
  answer(message: HostAnswer): void {
    if (message[0] === 0) return;
    this.calls.delete(message[0]);
    this.channel.sendEncoded(encodeTuple(message));
  }
}

class RemoteCall implements Call {
  readonly holder: Holder;

  constructor(
    private readonly connection: Connection,
    private readonly id: number,
    readonly method: string,
    readonly args: readonly unknown[],
  ) {
    this.holder = connection.holder;
  }

  reply(value?: unknown): void {
    this.connection.answer([this.id, value]);
  }

  fail({ name, message }: Error): void {
    this.connection.answer([this.id, name, message]);
  }
}
