import type { QueueMessage } from "../link.ts";
import { newInbox, WORKERS } from "../names.ts";
import type { Listening, NatsLink } from "../nats_link.ts";
import { isDelivery } from "../stream_calls.ts";
import { Pulls } from "./pulls.ts";

/** The server answers a request for jobs for so long. */
const PULL_MS = 20_000;
/** One that has heard nothing for so much longer was lost. */
const GRACE_MS = 3000;
const AGAIN_MS = 250;
/** How long a server may take to hear that nothing more is wanted. */
const STOP_MS = 2000;
/** One that is not to wait is answered at once, and not always: nothing may come when it was answered with fewer jobs than asked for. */
const AT_ONCE_MS = 1000;
const NS_PER_MS = 1e6;
const NO_MESSAGES = 404;

export interface PullerEvents {
  job(message: QueueMessage): void;
  /** How many jobs could be begun, those aside that are on their way. */
  room(): number;
  /** How many of these would not begin at once: they are not asked for one by one. */
  ahead(): number;
  /** Nothing is in the queue now. */
  empty(): void;
}

/** Where a worker gets jobs from. */
export interface JobSupply {
  /** Asks for what there is room for. */
  pull(): void;
  /** The connection was lost, and with it what was asked for. */
  lost(): void;
  /**
   * Asks for nothing more.
   * @param done the server answers nothing of what was asked: jobs that are given back from now on go to others
   */
  stop(done: () => void): void;
}

/** Asks the queue for usual jobs, as many as there is room for. */
export class Puller implements JobSupply {
  private readonly pulls = new Pulls();
  private readonly inbox = newInbox();
  private readonly subject: string;
  private readonly answers: Listening;
  private stopped = false;
  private notBefore = 0;

  /** @param untilEmpty the server says at once when it has no job */
  constructor(
    private readonly link: NatsLink,
    stream: string,
    private readonly untilEmpty: boolean,
    private readonly events: PullerEvents,
  ) {
    this.subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${WORKERS}`;
    this.answers = link.listen(`${this.inbox}.*`, (message) => this.heard(message));
    // A subscription of its own: what is delivered has the subject of the job.
  }

  pull(): void {
    const now = this.link.now();
    this.pulls.expire(now);
    const count = this.stopped || now < this.notBefore ? 0 : this.events.room() - this.pulls.owed;
    if (count <= this.events.ahead() / 2) return;
    const wait = this.untilEmpty ? { no_wait: true } : { expires: PULL_MS * NS_PER_MS };
    const patience = this.untilEmpty ? AT_ONCE_MS : PULL_MS + GRACE_MS;
    const id = this.pulls.asked(count, now + patience);
    if (this.untilEmpty) this.link.later(AT_ONCE_MS + 1, () => this.pull());
    const data = encoder.encode(JSON.stringify({ batch: count, ...wait }));
    this.link.publish(this.subject, data, `${this.inbox}.${id}`);
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
    if (isDelivery(message)) {
      this.pulls.came();
      return this.events.job(message);
    }
    const { subject, status } = message;
    this.pulls.over(Number(subject.slice(subject.lastIndexOf(".") + 1)));
    if (status === NO_MESSAGES && this.untilEmpty && this.pulls.owed === 0) this.events.empty();
    if (status === TIME_OVER) return this.pull();
    // No consumer, no leader, too many requests: it may pass.
    this.notBefore = this.link.now() + AGAIN_MS;
    this.link.later(AGAIN_MS + 1, () => this.pull());
  }
}

const encoder = new TextEncoder();
const TIME_OVER = 408;
