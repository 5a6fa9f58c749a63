// A server with one queue, and connections to it that lose, delay and repeat messages, on a simulated clock. Randomness
// comes from a seed.
import type { QueueHeaders, QueueLink, QueueMessage } from "../../src/queue/link.ts";
import { QueueSubjects, type StreamNames, streamsOf } from "../../src/queue/names.ts";

/** Time that passes when there is nothing left to do now. */
export class SimulatedClock {
  now = 0;
  private readonly events: { at: number; order: number; run: () => void }[] = [];
  private order = 0;

  at(time: number, run: () => void): void {
    const event = { at: Math.max(time, this.now), order: this.order++, run };
    let low = 0, high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.events[middle];
      if (other.at < event.at || (other.at === event.at && other.order < event.order)) {
        low = middle + 1;
      } else high = middle;
    }
    this.events.splice(low, 0, event);
  }

  /** @returns false if the time runs out first */
  runUntil(isOver: () => boolean, most: number): boolean {
    while (!isOver()) {
      const event = this.events.shift();
      if (!event || event.at > most) return false;
      this.now = event.at;
      event.run();
    }
    return true;
  }
}

interface StoredJob {
  readonly place: number;
  readonly subject: string;
  readonly data: Uint8Array;
  deliveries: number;
  /** Not redelivered before then; 0: it waits. */
  until: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Answers as JetStream does, as far as a queue needs. */
export class SimulatedServer {
  readonly streams: StreamNames;
  readonly subjects: QueueSubjects;
  readonly jobs = new Map<number, StoredJob>();
  readonly results = new Map<string, { place: number; data: Uint8Array }>();
  readonly runs = new Map<string, Uint8Array>();
  readonly parked: string[] = [];
  /** Jobs that were acknowledged without an end. */
  readonly broken: string[] = [];
  private readonly ids = new Map<string, number>();
  private readonly pulls: { to: SimulatedLink; left: number; until: number }[] = [];
  private place = 0;

  constructor(
    readonly clock: SimulatedClock,
    readonly chance: () => number,
    queue: string,
    private readonly ackWait: number,
  ) {
    this.streams = streamsOf(queue);
    this.subjects = new QueueSubjects(queue);
  }

  /** @returns the answer; undefined: none is given */
  heard(from: SimulatedLink, subject: string, data: Uint8Array, headers?: QueueHeaders) {
    const direct = `$JS.API.DIRECT.GET.${this.streams.results}.`;
    if (subject.startsWith(direct)) return this.get(subject.slice(direct.length));
    if (subject.startsWith("$JS.API.STREAM.MSG.GET.")) return this.stored(data);
    if (subject.startsWith("$JS.ACK.")) return this.answered(subject, decoder.decode(data));
    if (subject === "pull") return void this.pull(from, Number(decoder.decode(data)));
    return this.keep(subject, data, headers!);
  }

  private keep(subject: string, data: Uint8Array, headers: QueueHeaders) {
    const id = headers["Nats-Msg-Id"];
    const known = this.ids.get(id);
    if (known !== undefined) return json({ seq: known, duplicate: true });
    const kind = subject.split(".")[2];
    if (headers["Nats-Expected-Last-Subject-Sequence"] === "0" && this.results.has(subject)) {
      return json({ error: { err_code: 10071, description: "wrong last sequence" } });
    }
    const place = ++this.place;
    this.ids.set(id, place);
    if (kind === "job") this.jobs.set(place, { place, subject, data, deliveries: 0, until: 0 });
    else if (kind === "parked") this.parked.push(subject);
    else this.results.set(subject, { place, data });
    this.serve();
    return json({ seq: place });
  }

  private get(subject: string) {
    const found = this.results.get(subject);
    return found ? message({ data: found.data }) : message({ status: 404 });
  }

  private stored(asked: Uint8Array) {
    const subject = JSON.parse(decoder.decode(asked)).last_by_subj;
    const found = this.runs.get(subject) ?? this.results.get(subject)?.data;
    if (!found) return json({ error: { code: 404 } });
    return json({ message: { data: btoa(String.fromCharCode(...found)) } });
  }

  private pull(to: SimulatedLink, left: number): void {
    this.pulls.push({ to, left, until: this.clock.now + 5000 });
    this.serve();
  }

  private answered(reply: string, word: string) {
    const place = Number(reply.split(".")[5]);
    const job = this.jobs.get(place);
    if (word === "+WPI") {
      if (job && job.until > 0) this.hold(job);
    } else if (word === "-NAK") {
      if (job) job.until = 0;
      this.serve();
    } else {
      const end = job?.subject.replace(".job.", ".end.");
      const isParked = job && this.parked.includes(job.subject.replace(".job.", ".parked."));
      if (end && !isParked && !this.results.has(end)) this.broken.push(end);
      this.jobs.delete(place);
      return message({});
    }
    return undefined;
  }

  private serve(): void {
    for (const job of this.jobs.values()) {
      if (job.until > 0) continue;
      while (this.pulls.length > 0 && this.pulls[0].until <= this.clock.now) this.pulls.shift();
      const [pull] = this.pulls;
      if (!pull) return;
      if (--pull.left === 0) this.pulls.shift();
      job.deliveries++;
      this.hold(job);
      const { deliveries, place, subject, data } = job;
      const reply = `$JS.ACK.JOBS.workers.${deliveries}.${place}.1.0.0`;
      pull.to.comes(message({ subject, reply, data }));
    }
  }

  private hold(job: StoredJob): void {
    const until = job.until = this.clock.now + this.ackWait;
    this.clock.at(until, () => {
      if (job.until !== until) return;
      job.until = 0;
      this.serve();
    });
  }
}

const REQUEST_MS = 1000;

/** A connection of one process, which may be killed, or stopped for a while. */
export class SimulatedLink implements QueueLink {
  dead = false;
  deliver: (message: QueueMessage) => void = () => {};
  private stoppedUntil = 0;

  constructor(private readonly server: SimulatedServer, private readonly loss: () => number) {}

  now(): number {
    return this.server.clock.now;
  }

  /** SIGSTOP, and SIGCONT after that time. */
  stop(ms: number): void {
    this.stoppedUntil = this.now() + ms;
  }

  later(ms: number, then: () => void): void {
    this.server.clock.at(this.now() + ms, () => this.here(then));
  }

  publish(subject: string, data: Uint8Array): boolean {
    this.send(() => this.server.heard(this, subject, data));
    return true;
  }

  request(
    subject: string,
    data: Uint8Array,
    headers: QueueHeaders | undefined,
    done: (answer: QueueMessage | undefined) => void,
  ): void {
    let asked = true;
    const once = (answer: QueueMessage | undefined) => {
      if (asked) done(answer);
      asked = false;
    };
    this.later(REQUEST_MS, () => once(undefined));
    this.send(() => {
      const answer = this.server.heard(this, subject, data, headers);
      if (answer) this.comesBy(() => once(answer));
    });
  }

  comes(message: QueueMessage): void {
    this.comesBy(() => this.deliver(message));
  }

  private send(arrive: () => void): void {
    if (this.dead || this.isLost()) return;
    this.server.clock.at(this.now() + this.delay(), arrive);
  }

  private comesBy(arrive: () => void): void {
    if (!this.isLost()) this.server.clock.at(this.now() + this.delay(), () => this.here(arrive));
  }

  /** When the process runs. */
  private here(act: () => void): void {
    if (this.dead) return;
    if (this.now() >= this.stoppedUntil) return act();
    this.server.clock.at(this.stoppedUntil, () => this.here(act));
  }

  private isLost(): boolean {
    return this.server.chance() < this.loss();
  }

  private delay(): number {
    const slow = this.server.chance() < 0.05;
    return this.server.chance() * (slow ? 800 : 5);
  }
}

function json(value: unknown): QueueMessage {
  return message({ data: encoder.encode(JSON.stringify(value)) });
}

function message(parts: Partial<QueueMessage>): QueueMessage {
  const nothing = { subject: "", reply: "", data: new Uint8Array(0), status: 0, description: "" };
  return { ...nothing, header: () => "", ...parts };
}
