import { NO_DATA, type QueueMessage } from "../link.ts";
import { newInbox } from "../names.ts";
import type { NatsLink } from "../nats_link.ts";
import { deliveryFacts } from "../stream_calls.ts";
import { SilenceWatch } from "../silence.ts";
import { STATUS } from "../server_codes.ts";

/** Maximum ends in transit. */
const BATCH = 256;
/** The server answers a request for so long, and forgets a reader silent for longer. */
const PULL_MS = 10_000, FORGET_MS = 60_000;
/** After so much longer without an answer, a request counts as lost. */
const GRACE_MS = 3000;
const AGAIN_MS = 250;
/** How long servers refuse a reader before that is reported. */
const REFUSED_MS = 3000;
const NS_PER_MS = 1e6;

/**
 * Reads a subject's messages in stream order, each once: by a consumer that is recreated after the last received
 * message whenever something is missing.
 */
export class ResultReader {
  /** Place in the stream of the last received message. */
  private place: number;
  /** The consumer's delivery count. */
  private number = 0;
  private consumer: string | undefined;
  private inbox = "";
  private owed = 0;
  private heardAt = 0;
  /** Identifies the consumer: older ones are ignored. */
  private generation = 0;
  private forget: () => void = () => {};
  private closed = false;
  private paused = false;
  private readonly silence: SilenceWatch;
  /** Since when servers refuse a reader. */
  private refusedAt: number | undefined;

  /**
   * @param filter subjects
   * @param behind the place in the stream after which to begin
   * @param note reports why nothing can be read now
   */
  constructor(
    private readonly link: NatsLink,
    private readonly stream: string,
    private readonly filter: string,
    behind: number,
    private readonly heard: (message: QueueMessage, place: number) => void,
    private readonly note: (text: string) => void,
  ) {
    this.place = behind;
    this.silence = new SilenceWatch(link, { what: "results", stream, note, renew: () => {} });
  }

  /** The connection was lost. */
  lost(): void {
    this.silence.lost();
  }

  /** Begins, or continues after the connection was lost. */
  begin(): void {
    if (this.closed) return;
    const generation = ++this.generation;
    this.drop();
    const config = {
      deliver_policy: "by_start_sequence",
      opt_start_seq: this.place + 1,
      ack_policy: "none",
      replay_policy: "instant",
      filter_subject: this.filter,
      inactive_threshold: FORGET_MS * NS_PER_MS,
      mem_storage: true,
      num_replicas: 1,
    };
    const asked = encoder.encode(JSON.stringify({ stream_name: this.stream, config }));
    this.link.request(`$JS.API.CONSUMER.CREATE.${this.stream}`, asked, undefined, (answer) => {
      if (generation !== this.generation) return;
      const made = answer?.status === 0 ? readerIn(answer.data) : {};
      if (made.why !== undefined) this.refused(made.why);
      if (made.name === undefined) return this.again();
      this.refusedAt = undefined;
      this.consumer = made.name;
      this.number = this.owed = 0;
      this.inbox = newInbox();
      this.forget = this.link.listen(this.inbox, (message) => {
        if (generation === this.generation) this.take(message);
      }).end;
      this.pull();
    });
  }

  /** Checks whether the server has forgotten it. */
  look(): void {
    const late = this.link.now() - this.heardAt > PULL_MS + GRACE_MS;
    if (this.consumer === undefined || this.owed === 0 || !late) return;
    this.silence.unanswered();
    this.begin();
  }

  /** Requests no more until {@link resume}; open requests still deliver. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.consumer !== undefined) this.pull();
  }

  close(): void {
    this.closed = true;
    this.generation++;
    this.drop();
  }

  /** The server would keep the consumer for some time, and an account may have few. */
  private drop(): void {
    this.forget();
    if (this.consumer === undefined) return;
    const subject = `$JS.API.CONSUMER.DELETE.${this.stream}.${this.consumer}`;
    this.link.request(subject, NO_DATA, undefined, () => {});
    this.consumer = undefined;
  }

  private pull(): void {
    if (this.paused || this.owed > BATCH / 2) return;
    this.owed += BATCH;
    this.heardAt = this.link.now();
    const asked = encoder.encode(JSON.stringify({ batch: BATCH, expires: PULL_MS * NS_PER_MS }));
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${this.consumer}`;
    if (this.link.publish(subject, asked, this.inbox)) this.silence.asked();
  }

  private take(message: QueueMessage): void {
    this.heardAt = this.link.now();
    this.silence.answered();
    const facts = deliveryFacts(message.reply);
    if (!facts) return this.status(message.status, message.header("Nats-Pending-Messages"));
    // An earlier delivery was lost.
    if (facts.number !== this.number + 1) return this.begin();
    this.number++;
    this.owed--;
    this.place = facts.place;
    this.heard(message, facts.place);
    this.pull();
  }

  private status(status: number, pending: string): void {
    if (status !== STATUS.timeOver) return this.again();
    this.owed = Math.max(0, this.owed - (Number(pending) || BATCH));
    this.pull();
  }

  private refused(why: string): void {
    this.refusedAt ??= this.link.now();
    if (this.link.now() - this.refusedAt < REFUSED_MS) return;
    this.refusedAt = Infinity;
    this.note(`the servers do not let this pool read results (${why}); waiting until they do`);
  }

  private again(): void {
    const generation = this.generation;
    this.link.later(AGAIN_MS, () => {
      if (generation === this.generation) this.begin();
    });
  }
}

const encoder = new TextEncoder();

/** The name of a new consumer, or why there is none. */
function readerIn(answer: Uint8Array): { readonly name?: string; readonly why?: string } {
  try {
    const { name, error } = JSON.parse(new TextDecoder().decode(answer));
    if (error) return { why: String(error.description) };
    return typeof name === "string" ? { name } : {};
  } catch {
    return {};
  }
}
