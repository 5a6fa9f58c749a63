import type { QueueMessage } from "../link.ts";
import { newInbox, WORKERS } from "../names.ts";
import type { Listening, NatsLink } from "../nats_link.ts";
import { isDelivery } from "../stream_calls.ts";
import type { SilenceWatch } from "../silence.ts";
import { Pulls } from "./pulls.ts";
import { STATUS } from "../server_codes.ts";

/** How long the server keeps a request for jobs. */
const PULL_MS = 20_000;
/** After so much longer without an answer, a request counts as lost. */
const GRACE_MS = 3000;
const AGAIN_MS = 250;
/** How long a server may take to process a withdrawal. */
const STOP_MS = 2000;
/**
 * A non-waiting request is answered at once, or not at all: with fewer jobs than requested, the end may not be
 * reported.
 */
const AT_ONCE_MS = 1000;
const NS_PER_MS = 1e6;

export interface PullerEvents {
  job(message: QueueMessage): void;
  /** How many more jobs could begin, not counting those in transit. */
  room(): number;
  /** How many of these would not begin at once: they are not requested one by one. */
  ahead(): number;
  /** The queue is empty now. */
  empty(): void;
}

/** What a supply of jobs tells about its requests. */
export interface SupplyEvents extends PullerEvents {
  readonly silence: Pick<SilenceWatch, "asked" | "answered" | "unanswered">;
}

/** Where a worker gets jobs from. */
export interface JobSupply {
  /** Requests as many as there is room for. */
  pull(): void;
  /** The connection was lost, and all requests with it. */
  lost(): void;
  /**
   * Requests nothing more.
   * @param done the server no longer answers any request: jobs returned from now on go to others
   */
  stop(done: () => void): void;
}

/** Requests jobs of the usual lane, as many as there is room for. */
export class Puller implements JobSupply {
  private readonly pulls = new Pulls();
  private readonly inbox = newInbox();
  private readonly subject: string;
  private readonly answers: Listening;
  private stopped = false;
  private notBefore = 0;

  /** @param untilEmpty the server reports at once if it has no job */
  constructor(
    private readonly link: NatsLink,
    stream: string,
    private readonly untilEmpty: boolean,
    private readonly events: SupplyEvents,
  ) {
    this.subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${WORKERS}`;
    this.answers = link.listen(`${this.inbox}.*`, (message) => this.heard(message));
    // A separate subscription: deliveries have the job's subject.
  }

  pull(): void {
    const now = this.link.now();
    if (this.pulls.expire(now)) this.events.silence.unanswered();
    const count = this.stopped || now < this.notBefore ? 0 : this.events.room() - this.pulls.owed;
    if (count <= this.events.ahead() / 2) return;
    const wait = this.untilEmpty ? { no_wait: true } : { expires: PULL_MS * NS_PER_MS };
    const patience = this.untilEmpty ? AT_ONCE_MS : PULL_MS + GRACE_MS;
    const id = this.pulls.asked(count, now + patience);
    if (this.untilEmpty) this.link.later(AT_ONCE_MS + 1, () => this.pull());
    const data = encoder.encode(JSON.stringify({ batch: count, ...wait }));
    if (this.link.publish(this.subject, data, `${this.inbox}.${id}`)) this.events.silence.asked();
  }

  lost(): void {
    this.pulls.lost();
  }

  stop(done: () => void): void {
    this.stopped = true;
    let isDone = false;
    const once = () => {
      if (!isDone) done();
      isDone = true;
    };
    void this.answers.drain().then(once);
    this.link.later(STOP_MS, once);
  }

  private heard(message: QueueMessage): void {
    this.events.silence.answered();
    if (isDelivery(message)) {
      this.pulls.came();
      return this.events.job(message);
    }
    const { subject, status } = message;
    this.pulls.over(Number(subject.slice(subject.lastIndexOf(".") + 1)));
    if (status === STATUS.none && this.untilEmpty && this.pulls.owed === 0) this.events.empty();
    if (status === STATUS.timeOver) return this.pull();
    // No consumer, no leader, too many requests: it may pass.
    this.notBefore = this.link.now() + AGAIN_MS;
    this.link.later(AGAIN_MS + 1, () => this.pull());
  }
}

const encoder = new TextEncoder();
