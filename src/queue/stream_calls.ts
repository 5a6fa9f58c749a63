import { NO_DATA, type QueueHeaders, type QueueLink, type QueueMessage } from "./link.ts";
import { ERROR_CODE, STATUS } from "./server_codes.ts";

/** The server's answer to a message for a stream. */
export type Kept =
  /** Stored, at this place. @field again it was stored already, by the same id */
  | { readonly kept: true; readonly place: number; readonly again: boolean }
  /** There already is another one. */
  | { readonly kept: false; readonly because: "taken" }
  /** It does not take it; trying again may help. @field full the stream has reached its own limit */
  | {
    readonly kept: false;
    readonly because: "refused";
    readonly why: string;
    readonly full: boolean;
  };

/** Pauses between attempts, milliseconds. */
const FIRST_PAUSE = 50, LONGEST_PAUSE = 2000;

/** How long acknowledgements wait for others. */
const ACK_MS = 6;

interface Ack {
  readonly reply: string;
  readonly done: (sure: boolean) => void;
}

/** A message for a stream. */
export interface Keepable {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Lets the server recognise a repeated message. */
  readonly id: string;
  /** Only if no message has this subject. */
  readonly first?: boolean;
  /** Besides the queue's own. */
  readonly headers?: QueueHeaders;
}

/**
 * Requests to JetStream on behalf of a queue, each repeated until answered. Streams answer in JSON; so few of its
 * fields matter that they are searched for in place.
 */
export class StreamCalls {
  /** Unsuccessful answers, for statistics. */
  retries = 0;
  private readonly unsent: Ack[] = [];

  /** When the server last did what was requested. */
  goodAt: number;

  constructor(
    private readonly link: QueueLink,
    /** Receives the server's answer to each message that it should store. */
    private readonly heard: (kept: Kept | undefined) => void = () => {},
  ) {
    this.goodAt = link.now();
  }

  /** Stores a message in a stream: repeats until the server says that it has it, or another one. */
  keep(
    message: Keepable,
    done: (kept: Kept & ({ kept: true } | { because: "taken" })) => void,
  ): void {
    this.tryToKeep(message, (kept) => {
      if (kept?.kept || kept?.because === "taken") return done(kept), true;
      return false;
    });
  }

  /**
   * The same for callers that handle refusals.
   * @param told returns whether to stop; undefined: no answer came
   */
  tryToKeep(
    message: Keepable,
    told: (kept: Kept | undefined) => boolean,
    pause = FIRST_PAUSE,
  ): void {
    const headers: QueueHeaders = message.first
      ? {
        "Nats-Msg-Id": message.id,
        "Nats-Expected-Last-Subject-Sequence": "0",
        ...message.headers,
      }
      : { "Nats-Msg-Id": message.id };
    this.link.request(message.subject, message.data, headers, (answer) => {
      const kept = answer && keptFrom(answer);
      if (kept?.kept || kept?.because === "taken") this.good();
      this.heard(kept);
      if (told(kept)) return;
      this.retries++;
      this.link.later(pause, () => {
        this.tryToKeep(message, told, Math.min(2 * pause, LONGEST_PAUSE));
      });
    });
  }

  /**
   * The last message of a subject.
   * @param done gets undefined if there is none; called once the server has answered
   */
  last(
    stream: string,
    subject: string,
    done: (message: QueueMessage | undefined) => void,
    pause = FIRST_PAUSE,
  ): void {
    this.link.request(`$JS.API.DIRECT.GET.${stream}.${subject}`, NO_DATA, undefined, (answer) => {
      if (answer?.status === 0 || answer?.status === STATUS.none) {
        this.good();
        return done(answer.status === 0 ? answer : undefined);
      }
      this.retries++;
      this.link.later(pause, () => {
        this.last(stream, subject, done, Math.min(2 * pause, LONGEST_PAUSE));
      });
    });
  }

  /**
   * The last message of a subject, from the stream's leader: {@link last} may be answered by a server that lags behind.
   */
  lastForSure(
    stream: string,
    subject: string,
    done: (data: Uint8Array | undefined) => void,
    pause = FIRST_PAUSE,
  ): void {
    const asked = text.encode(JSON.stringify({ last_by_subj: subject }));
    this.link.request(`$JS.API.STREAM.MSG.GET.${stream}`, asked, undefined, (answer) => {
      const found = answer?.status === 0 ? storedIn(answer.data) : undefined;
      if (found) {
        this.good();
        return done(found.data);
      }
      this.retries++;
      this.link.later(pause, () => {
        this.lastForSure(stream, subject, done, Math.min(2 * pause, LONGEST_PAUSE));
      });
    });
  }

  /**
   * Acknowledges with confirmation by the server. Servers process a connection's messages in order: if several are sent
   * together, the last one's confirmation covers all.
   * @param done called once; false: the server may not have received it
   */
  acknowledge(reply: string, done: (sure: boolean) => void): void {
    this.unsent.push({ reply, done });
    if (this.unsent.length === 1) this.link.later(ACK_MS, () => this.sendAcks());
  }

  private good(): void {
    this.goodAt = this.link.now();
  }

  private sendAcks(): void {
    const acks = this.unsent.splice(0);
    let after: Ack[] = [];
    acks.forEach((ack, i) => {
      after.push(ack);
      if (i < acks.length - 1 && this.link.publish(ack.reply, ACK)) return;
      const confirmed = after;
      after = [];
      this.link.request(ack.reply, ACK, undefined, (answer) => {
        const sure = answer?.status === 0;
        if (sure) this.good();
        for (const { done } of confirmed) done(sure);
      });
    });
  }

  /** It is in progress: the server does not redeliver it for a while. */
  working(reply: string): void {
    this.link.publish(reply, WORKING);
  }

  /** Another worker gets it, at once. */
  giveBack(reply: string): void {
    this.link.publish(reply, NAK);
  }

  /** It is delivered to some worker after that many milliseconds. */
  giveBackLater(reply: string, ms: number): void {
    this.link.publish(reply, text.encode(`-NAK {"delay":${Math.round(ms) * NS_PER_MS}}`));
  }
}

const NS_PER_MS = 1e6;
const text = new TextEncoder();
const decoder = new TextDecoder();
const ACK = text.encode("+ACK");
const NAK = text.encode("-NAK");
const WORKING = text.encode("+WPI");

/** The meaning of the answer to a published message; undefined: no stream has answered. */
function keptFrom({ status, data }: QueueMessage): Kept | undefined {
  // No responders: there is no stream, or it has no leader now.
  if (status !== 0) return undefined;
  try {
    const { error, seq, duplicate } = JSON.parse(decoder.decode(data));
    if (error) {
      return error.err_code === ERROR_CODE.wrongLastSequence
        ? { kept: false, because: "taken" }
        : refusal(error);
    }
    return { kept: true, place: Number(seq), again: duplicate === true };
  } catch {
    return undefined;
  }
}

function refusal({ err_code, description }: { err_code?: number; description?: string }): Kept {
  const why = String(description);
  const full = err_code === ERROR_CODE.storeFailed && /maximum (?:bytes|messages)/.test(why);
  return { kept: false, because: "refused", why, full };
}

/** What the server has stored, or that it has nothing; undefined: it does not know now. */
function storedIn(answer: Uint8Array): { data: Uint8Array | undefined } | undefined {
  try {
    const { message, error } = JSON.parse(decoder.decode(answer));
    if (error) return error.code === STATUS.none ? { data: undefined } : undefined;
    return { data: Uint8Array.from(atob(message.data ?? ""), (c) => c.charCodeAt(0)) };
  } catch {
    return undefined;
  }
}

/** Read from the reply subject of a delivery. */
export interface DeliveryFacts {
  /** How often the message was delivered, including this time. */
  readonly deliveries: number;
  /** Its place in the stream. */
  readonly place: number;
  /** Counts its consumer's deliveries. */
  readonly number: number;
  /** How many more the consumer has. */
  readonly pending: number;
}

/** Whether it is a message of a stream rather than an answer about a request. */
export function isDelivery({ reply }: QueueMessage): boolean {
  return reply.startsWith("$JS.ACK.");
}

/** `$JS.ACK.STREAM.CONSUMER.…`; newer servers may insert a domain and an account. */
export function deliveryFacts(reply: string): DeliveryFacts | undefined {
  const words = reply.split(".");
  if (words[0] !== "$JS" || words[1] !== "ACK") return undefined;
  const from = words.length === 9 ? 4 : words.length >= 11 ? 6 : -1;
  if (from < 0) return undefined;
  const [deliveries, place, number, , pending] = words.slice(from).map(Number);
  return place >= 1 && deliveries >= 1 ? { deliveries, place, number, pending } : undefined;
}
