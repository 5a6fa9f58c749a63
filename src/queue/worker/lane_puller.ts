import type { QueueMessage } from "../link.ts";
import type { Lane } from "../lanes.ts";
import { newInbox, workersOf } from "../names.ts";
import type { Listening, NatsLink } from "../nats_link.ts";
import { deliveryFacts, isDelivery } from "../stream_calls.ts";
import type { JobSupply, SupplyEvents } from "./puller.ts";
import { STATUS } from "../server_codes.ts";

/** How long the server keeps a waiting request. */
const WAIT_MS = 20_000;
/** After so much longer without an answer, a request counts as lost. */
const GRACE_MS = 3000;
/** An immediate answer comes within this time, or is lost. */
const ANSWER_MS = 1000;
const AGAIN_MS = 250;
const STOP_MS = 2000;
const NS_PER_MS = 1e6;

/** A lane being asked for what it has now. */
interface Turn {
  readonly id: number;
  readonly lane: number;
  left: number;
}

/** Requests for one job each, waiting in all lanes; they share an inbox that can be closed. */
interface Waits {
  readonly answers: Listening;
  readonly until: number;
}

/**
 * Asks several lanes for jobs. Whenever there is room it asks the first lane for what it has, then the next one: no
 * lane's job is taken while an earlier lane has some. If all are empty it waits in all of them for one job.
 */
export class LanePuller implements JobSupply {
  private readonly inbox = newInbox();
  private readonly answers: Listening;
  private lastId = 0;
  private turn: Turn | undefined;
  private waits: Waits | undefined;
  /** Waiting requests are being withdrawn: nothing is asked before that is finished. */
  private closing = false;
  private stopped = false;
  private notBefore = 0;
  private rests = 0;
  /** Nothing has come since the first lane was asked, and each has reported that it is empty. */
  private allEmpty = false;

  constructor(
    private readonly link: Pick<NatsLink, "listen" | "publish" | "later" | "now">,
    private readonly stream: string,
    /** In the order to ask. */
    private readonly lanes: readonly Lane[],
    private readonly untilEmpty: boolean,
    private readonly events: SupplyEvents,
  ) {
    this.answers = link.listen(`${this.inbox}.*`, (message) => this.answered(message));
  }

  pull(): void {
    if (this.stopped || this.turn || this.closing) return;
    const { events } = this;
    if (events.room() <= 0) return this.takeBack();
    const now = this.link.now();
    if (this.waits && now < this.waits.until) return;
    if (this.waits) {
      events.silence.unanswered();
      // It may have put another supply here.
      return this.stopped ? undefined : this.takeBack();
    }
    if (now < this.notBefore || events.room() <= events.ahead() / 2) return;
    this.allEmpty = true;
    this.ask(0);
  }

  /** The connection was lost, and all requests with it. */
  lost(): void {
    this.turn = undefined;
    this.waits?.answers.end();
    this.waits = undefined;
  }

  stop(done: () => void): void {
    this.stopped = true;
    this.turn = undefined;
    let open = 1 + (this.waits ? 1 : 0), isDone = false;
    const one = () => {
      if (--open === 0) all();
    };
    const all = () => {
      if (!isDone) done();
      isDone = true;
    };
    void this.answers.drain().then(one);
    void this.waits?.answers.drain().then(one);
    this.link.later(STOP_MS, all);
  }

  /** @param index of a lane; after the last one it waits */
  private ask(index: number): void {
    const room = this.events.room();
    if (room <= 0 || this.stopped) return;
    const lane = this.lanes[index];
    if (!lane) return this.allAsked();
    const turn = this.turn = { id: ++this.lastId, lane: index, left: room };
    this.send(lane, { batch: room, no_wait: true }, `${this.inbox}.${turn.id}`);
    this.link.later(ANSWER_MS, () => {
      if (this.turn !== turn) return;
      this.events.silence.unanswered();
      if (this.stopped) return;
      this.allEmpty = false;
      this.next(turn);
    });
  }

  private next({ lane }: Turn): void {
    this.turn = undefined;
    this.ask(lane + 1);
  }

  private answered(message: QueueMessage): void {
    this.events.silence.answered();
    const { turn } = this;
    const isJob = isDelivery(message);
    if (isJob) {
      this.allEmpty = false;
      if (turn) turn.left--;
      this.events.job(message);
      // There are as many as there are; nothing is reported after the last one.
      const pending = deliveryFacts(message.reply)?.pending;
      if (turn && this.turn === turn && (turn.left <= 0 || pending === 0)) this.next(turn);
      return;
    }
    const { subject, status } = message;
    if (turn?.id !== Number(subject.slice(subject.lastIndexOf(".") + 1))) return;
    if (status !== STATUS.none) this.allEmpty = false;
    this.next(turn);
  }

  private allAsked(): void {
    if (!this.untilEmpty) return this.wait();
    if (this.allEmpty) this.events.empty();
    this.rest(ANSWER_MS);
  }

  private wait(): void {
    const inbox = newInbox();
    const waits: Waits = {
      answers: this.link.listen(`${inbox}.*`, (message) => this.came(waits, message)),
      until: this.link.now() + WAIT_MS + GRACE_MS,
    };
    this.waits = waits;
    this.lanes.forEach((lane, i) => {
      this.send(lane, { batch: 1, expires: WAIT_MS * NS_PER_MS }, `${inbox}.${i}`);
    });
  }

  private came(waits: Waits, message: QueueMessage): void {
    this.events.silence.answered();
    if (isDelivery(message)) {
      this.events.job(message);
      return this.waits === waits ? this.takeBack() : undefined;
    }
    if (this.waits !== waits) return;
    // No consumer, no leader, too many requests: it may pass.
    if (message.status !== STATUS.timeOver) this.notBefore = this.link.now() + AGAIN_MS;
    this.takeBack();
  }

  /** Waiting requests could deliver although there is no room, or after something more urgent. */
  private takeBack(): void {
    const { waits } = this;
    if (!waits) return;
    this.waits = undefined;
    this.closing = true;
    void waits.answers.drain().then(() => {
      this.closing = false;
      this.rest(Math.max(0, this.notBefore - this.link.now()));
    });
  }

  /** Of several rests only the last one ends with a request: others would ask more and more often. */
  private rest(ms: number): void {
    const rest = ++this.rests;
    if (ms <= 0) return this.pull();
    this.link.later(ms + 1, () => {
      if (rest === this.rests) this.pull();
    });
  }

  private send(lane: Lane, asked: Record<string, unknown>, reply: string): void {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${workersOf(lane)}`;
    const data = encoder.encode(JSON.stringify(asked));
    if (this.link.publish(subject, data, reply)) this.events.silence.asked();
  }
}

const encoder = new TextEncoder();
