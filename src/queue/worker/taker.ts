import { endRecord } from "../end_verdict.ts";
import { jobOfSubject } from "../names.ts";
import type { QueueMessage } from "../link.ts";
import { decodeJob, encodeEnd, encodeJob, type QueueEnd } from "../records.ts";
import type { RunSetup } from "../run_records.ts";
import { deliveryFacts, type StreamCalls } from "../stream_calls.ts";
import {
  type DeliveryAction,
  type DeliveryCase,
  type DeliveryEvent,
  nextDelivery,
} from "./delivery.ts";
import { Admission, OPEN_GATE, type StartGate } from "./admission.ts";
import { Beginnings } from "./beginnings.ts";
import { CountedLine } from "./counted_line.ts";
import { endOfHeld, type Held, isRemoved, type RanEnd, type TakenJob } from "./held_job.ts";
import { type KnownRun, KnownRuns } from "./known_runs.ts";
import { Strangers } from "./strangers.ts";
import type { TakerSettings } from "./taker_settings.ts";

/** Runs jobs; calls {@link Taker.ended} or {@link Taker.dropped} for each. */
export interface JobRunner {
  start(job: TakenJob, setup: RunSetup): void;
  /** Ends the job's tree; its end is reported as always. */
  cancel(job: TakenJob): void;
}

/** Takes a queue's jobs, delivery by delivery, and sees each to its end: carries out {@link nextDelivery}. */
export class Taker {
  /** By run and key. */
  private readonly held = new Map<string, Held>();
  readonly runs: KnownRuns;
  private attempts = 0;
  private leaving = false;
  readonly strangers: Strangers;
  private readonly admission: Admission<Held>;
  private readonly line: CountedLine<Held>;
  /** Ended jobs whose end this worker recorded. */
  recorded = 0;

  constructor(
    private readonly settings: TakerSettings,
    private readonly calls: StreamCalls,
    private readonly runner: JobRunner,
    /** Something has changed: perhaps another job is wanted. */
    private readonly changed: () => void,
    gate: StartGate = OPEN_GATE,
  ) {
    this.runs = new KnownRuns(calls, settings.subjects, settings.streams.runs);
    this.strangers = new Strangers(settings, calls, changed);
    this.admission = new Admission(
      gate,
      (held) => this.caseOf(held),
      (held) => this.line.add(held),
    );
    this.line = new CountedLine(
      (held) => this.caseOf(held),
      () => this.running < settings.slots,
      (held, of) => this.happened(held, { type: "absent", of }),
    );
  }

  /** Jobs not acknowledged. */
  get size(): number {
    return this.held.size;
  }

  /** Jobs that run, or will. */
  get busy(): number {
    let busy = 0;
    for (const { state } of this.held.values()) {
      if (state === "checking" || state === "claiming" || state === "running") busy++;
    }
    return busy;
  }

  private get running(): number {
    let running = 0;
    for (const { state } of this.held.values()) {
      if (state === "claiming" || state === "running") running++;
    }
    return running;
  }

  /** The queue delivers a job. */
  deliver(message: QueueMessage): void {
    const facts = deliveryFacts(message.reply);
    if (!facts) return;
    const named = jobOfSubject(message.subject);
    const job = named && decodeJob(message.data);
    if (!job) return this.strangers.take(message, named, facts);
    const name = `${named.run}.${named.key}`;
    const held = this.held.get(name);
    if (held) {
      held.reply = message.reply;
      held.deliveries = facts.deliveries;
      return this.happened(held, { type: "again" });
    }
    const attempt = `${this.settings.id}-${++this.attempts}`;
    const taken: Held = {
      ...{ state: "checking", reply: message.reply, deliveries: facts.deliveries, why: "" },
      job: { ...named, attempt, message: job },
      beginnings: new Beginnings(this.calls, this.settings, { ...named, attempt }),
    };
    this.held.set(name, taken);
    this.check(taken, !job.again && this.settings.isFirst(facts));
  }

  /** Tells the server that everything held is in progress. */
  beat(): void {
    for (const { reply } of this.held.values()) this.calls.working(reply);
  }

  /** A job has ended, or could not be started. */
  ended(job: TakenJob, ran: RanEnd): void {
    const held = this.heldOf(job);
    if (!held) return;
    held.ran = ran;
    this.happened(held, { type: "ended", removed: isRemoved(held) });
  }

  /** What ran it is gone, and the job with it. @param begun whether it may have begun */
  droppedJob(job: TakenJob, begun: boolean): void {
    const held = this.heldOf(job);
    if (!held) return;
    const { job: { message: { once } } } = held;
    this.happened(held, { type: "dropped", once, begun, removed: isRemoved(held) });
  }

  /** A request about a run. */
  ordered(run: string, data: Uint8Array): void {
    const order = this.runs.ordered(run, data);
    if (!order) return;
    for (const { job, known } of this.held.values()) {
      if (job.run === run && known) known.order = order;
    }
    this.again();
    if (order !== "cancel" && order !== "remove") return;
    for (const held of this.held.values()) {
      if (held.job.run !== run || held.state !== "running") continue;
      held.why = "cancelled";
      this.runner.cancel(held.job);
    }
  }

  /** The servers cannot be told any more: others get the jobs held here once the server misses this worker. */
  abandon(): void {
    this.held.clear();
    this.admission.clear();
    this.line.clear();
    this.changed();
  }

  /** Begins nothing more; running jobs are finished. */
  leave(): void {
    this.leaving = true;
    this.again();
  }

  /** Jobs waiting to begin may no longer be allowed to. */
  private again(): void {
    this.admission.again();
    this.line.move();
  }

  private heldOf({ run, key, attempt }: TakenJob): Held | undefined {
    const held = this.held.get(`${run}.${key}`);
    return held?.job.attempt === attempt ? held : undefined;
  }

  /** @param first nobody has had it: it has no end */
  private check(held: Held, first: boolean): void {
    const { settings: { streams, subjects }, calls } = this;
    const { run, key, message: { once } } = held.job;
    let known: KnownRun | undefined;
    let checked = first, counted = once || held.deliveries === 1;
    const all = () => {
      if (!known || !checked || !counted) return;
      held.known = known;
      this.admission.add(held);
    };
    if (!first) {
      calls.last(streams.results, subjects.end(run, key), (message) => {
        if (message) return this.happened(held, { type: "present" });
        checked = true;
        all();
      });
    }
    if (!counted) {
      held.beginnings.read(() => {
        counted = true;
        all();
      });
    }
    this.runs.about(run, (about) => {
      known = about;
      all();
    });
  }

  private caseOf(held: Held): DeliveryCase {
    const { order, setup } = held.known!;
    const { mostDeliveries } = this.settings;
    const { once } = held.job.message;
    return {
      once,
      tooOften: held.beginnings.count >= mostDeliveries,
      counted: !once && (held.deliveries > 1 || mostDeliveries === 1),
      order: setup ? order : "remove",
      leaving: this.leaving,
    };
  }

  private happened(held: Held, event: DeliveryEvent): void {
    const { state, action } = nextDelivery(held.state, event);
    held.state = state;
    this.act(held, action);
    if (state === "over") this.held.delete(`${held.job.run}.${held.job.key}`);
    if (state !== "running") this.line.move();
    if (action !== "nothing" || state === "over") this.changed();
  }

  private act(held: Held, action: DeliveryAction): void {
    const { calls, settings: { subjects } } = this;
    const { job } = held;
    switch (action) {
      case "nothing":
        return;
      case "claim":
        return this.claim(held);
      case "start":
        return this.runner.start(job, held.known!.setup!);
      case "record":
        return this.record(held, held.why === "cancelled" ? "cancelled" : "ran");
      case "record cancelled":
        return this.record(held, "cancelled");
      case "record given up":
        return this.record(held, "given up");
      case "record lost":
        return this.record(held, "lost");
      case "park":
        return calls.keep({
          subject: subjects.parked(job.run, job.key),
          data: encodeJob({ ...job.message, again: true }),
          id: `${job.run}.${job.key}.${job.attempt}`,
        }, () => this.happened(held, { type: "parked" }));
      case "acknowledge":
        return this.acknowledge(held);
      case "record not begun":
        return held.beginnings.notBegun(() => this.happened(held, { type: "returned" }));
      case "give back":
        return calls.giveBack(held.reply);
    }
  }

  private claim(held: Held): void {
    const { calls, settings: { subjects } } = this;
    const { run, key, attempt, message: { once } } = held.job;
    if (!once) return held.beginnings.begin(() => this.happened(held, { type: "claimed" }));
    const data = encodeEnd(endOfHeld(held, "lost", this.settings));
    const subject = subjects.begun(run, key);
    calls.keep({ subject, data, id: `begun.${run}.${key}.${attempt}`, first: true }, (kept) => {
      this.happened(held, { type: kept.kept ? "claimed" : "taken" });
    });
  }

  private record(held: Held, how: QueueEnd): void {
    const { calls, settings: { subjects } } = this;
    const { run, key } = held.job;
    const id = `end.${run}.${key}.${held.job.attempt}`;
    calls.keep(
      endRecord(subjects.end(run, key), id, endOfHeld(held, how, this.settings)),
      (kept) => {
        if (kept.kept) this.recorded++;
        this.happened(held, { type: "recorded" });
      },
    );
  }

  private acknowledge(held: Held): void {
    const { reply } = held;
    this.calls.acknowledge(reply, (sure) => {
      // Another delivery came meanwhile, and is acknowledged separately.
      if (held.reply !== reply) return;
      this.happened(held, { type: sure ? "acknowledged" : "unsure" });
    });
  }
}
