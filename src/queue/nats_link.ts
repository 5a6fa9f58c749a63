// The link over a real connection; loaded only when there is one.
import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import type { QueueHeaders, QueueLink, QueueMessage } from "./link.ts";
import { newInbox } from "./names.ts";

/** A later answer is not expected: its server may have lost the leadership of a stream meanwhile. */
const ANSWER_MS = 4000;
const LOOK_EVERY_MS = 200;
/**
 * Messages within this time are sent together: for sender and server, a message by itself costs several times as much
 * as one among others. The first after a pause is sent at once.
 */
const GATHER_MS = 6;

interface Asked {
  readonly done: (answer: QueueMessage | undefined) => void;
  /** On the clock of performance.now(). */
  readonly until: number;
}

/** A subscription to a subject. */
export interface Listening {
  /** Ends it at once. */
  end(): void;
  /** The server sends nothing more once the promise resolves; what it sends until then is delivered. */
  drain(): Promise<void>;
}

/**
 * Requests and their answers on one subscription: the library's own would create a timer and a promise for each. While
 * the connection is lost, messages wait, and open requests count as unanswered.
 */
export class NatsLink implements QueueLink {
  private readonly inbox = newInbox();
  /** By token, oldest first. */
  private readonly asked = new Map<string, Asked>();
  private lastToken = 0;
  private connected = true;
  private waiting: (() => void)[] = [];
  /** Sent with the next batch, in this order. */
  private gathered: (() => void)[] = [];
  private sentAt = -Infinity;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly nats: NatsConnection) {
    const from = this.inbox.length + 1;
    this.listen(`${this.inbox}.*`, (message) => {
      const token = message.subject.slice(from);
      const asked = this.asked.get(token);
      this.asked.delete(token);
      asked?.done(message);
    });
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  /**
   * Calls `heard` with each message of these subjects.
   * @param group of listeners, one of which gets each message
   */
  listen(subject: string, heard: (message: QueueMessage) => void, group?: string): Listening {
    const subscription = this.nats.subscribe(subject, {
      queue: group,
      callback: (error, message) => {
        if (!error) heard(new NatsMessage(message));
      },
    });
    return {
      end: () => subscription.unsubscribe(),
      drain: async () => {
        this.flush();
        if (this.connected && !this.nats.isClosed()) await subscription.drain().catch(() => {});
        else subscription.unsubscribe();
      },
    };
  }

  publish(subject: string, data: Uint8Array, reply?: string): boolean {
    if (!this.connected || this.nats.isClosed()) return false;
    this.send(subject, data, reply === undefined ? undefined : { reply });
    return true;
  }

  request(
    subject: string,
    data: Uint8Array,
    given: QueueHeaders | undefined,
    done: (answer: QueueMessage | undefined) => void,
  ): void {
    if (this.nats.isClosed()) return;
    if (!this.connected) {
      this.waiting.push(() => this.request(subject, data, given, done));
      return;
    }
    const token = (++this.lastToken).toString(36);
    this.asked.set(token, { done, until: this.now() + ANSWER_MS });
    const reply = `${this.inbox}.${token}`;
    this.send(subject, data, given ? { reply, headers: natsHeaders(given) } : { reply });
  }

  get isConnected(): boolean {
    return this.connected;
  }

  /** Closes the connection, and connects again, perhaps to another server. */
  reconnect(): void {
    void this.nats.reconnect();
  }

  /** The server connected to, `host:port`. */
  get server(): string {
    return this.nats.getServer();
  }

  later(ms: number, then: () => void): void {
    setTimeout(then, ms);
  }

  now(): number {
    return performance.now();
  }

  /** Requests waiting for their answers, or for the connection. */
  get pending(): number {
    return this.asked.size + this.waiting.length;
  }

  /** The connection was lost. */
  lost(): void {
    this.connected = false;
    this.gathered = [];
    const asked = [...this.asked.values()];
    this.asked.clear();
    for (const { done } of asked) done(undefined);
  }

  /** It was restored. */
  back(): void {
    this.connected = true;
    for (const send of this.waiting.splice(0)) send();
  }

  /** Sends the batch. */
  flush(): void {
    const gathered = this.gathered;
    this.gathered = [];
    if (gathered.length > 0) this.sentAt = this.now();
    for (const send of gathered) send();
  }

  close(): void {
    clearInterval(this.timer);
    this.flush();
  }

  private send(...message: Parameters<NatsConnection["publish"]>): void {
    this.gathered.push(() => {
      if (!this.nats.isClosed()) this.nats.publish(...message);
    });
    if (this.gathered.length > 1) return;
    const wait = this.sentAt + GATHER_MS - this.now();
    if (wait > 0) setTimeout(() => this.flush(), wait);
    else queueMicrotask(() => this.flush());
  }

  private look(): void {
    const now = this.now();
    for (const [token, { done, until }] of this.asked) {
      if (until > now) return;
      this.asked.delete(token);
      done(undefined);
    }
  }
}

/** The library's own version checks each character of names and values; these are imp's. Only its bytes are used. */
function natsHeaders(given: QueueHeaders): MsgHdrs {
  let text = "NATS/1.0\r\n";
  for (const name in given) text += `${name}: ${given[name]}\r\n`;
  return { encode: () => encoder.encode(`${text}\r\n`) } as unknown as MsgHdrs;
}

const encoder = new TextEncoder();

/** Its headers are parsed only on demand. */
class NatsMessage implements QueueMessage {
  constructor(private readonly message: Msg) {}

  get subject(): string {
    return this.message.subject;
  }

  get reply(): string {
    return this.message.reply ?? "";
  }

  get data(): Uint8Array {
    return this.message.data;
  }

  get status(): number {
    return this.message.headers?.code ?? 0;
  }

  get description(): string {
    return this.message.headers?.description ?? "";
  }

  header(name: string): string {
    return this.message.headers?.get(name) ?? "";
  }
}
