import { runtime } from "../../runtime/mod.ts";
import { EndOfAll } from "../../pool/end_of_all.ts";
import type { Ledger } from "../../pool/account/ledger.ts";
import { Loop, type Stop, type Work } from "../../pool/loop.ts";
import type { JobSource, PoolSettings, Ticker } from "../../pool/settings.ts";
import { RecordQueue } from "../../pool/workers/dispatcher.ts";
import { HOST_FRAME, hostFrame, numberFrame } from "../frames.ts";
import { HostArrivals } from "./host_arrivals.ts";
import { HostConnector } from "./host_connector.ts";
import { HostDispatcher } from "./host_dispatcher.ts";
import { HostLinks } from "./host_links.ts";
import { HostOutcomes } from "./host_outcomes.ts";
import { HostPulse, pingFrame } from "./host_pulse.ts";
import type { HostsSettings } from "./host_setup.ts";
import { HostTerms } from "./host_terms.ts";
import { HostsEnd } from "./hosts_end.ts";
import type { JobSink } from "./job_sink.ts";
import type { PoolHost, PoolLink } from "./pool_host.ts";
import { ProcessSink } from "./process_sink.ts";
import { RecordSink } from "./record_sink.ts";

/** How long workers may take to leave after the last answer. */
const LINGER_MS = 10_000;

/** Runs the jobs of a source on hosts, each with a worker that runs several at a time. */
export class HostPool implements Work {
  private readonly sink: JobSink;
  private readonly links = new HostLinks();
  private readonly queue: RecordQueue;
  private readonly connector: HostConnector;
  private readonly dispatcher: HostDispatcher;
  private readonly arrivals: HostArrivals;
  private readonly pulse: HostPulse;
  private readonly terms: HostTerms;
  private readonly loop: Loop;
  private readonly pool: PoolSettings;
  private readonly warn: HostsSettings["warn"];
  private readonly tellsSettled: boolean;
  private readonly begun: HostsSettings["begun"];
  /** The word for a job in messages. */
  private readonly noun: "job" | "record";
  troubled = false;
  private soon = false;
  private lingerUntil = Infinity;
  private toldAll = false;

  constructor(
    settings: HostsSettings,
    private readonly source: JobSource,
    private readonly ledger: Ledger,
    ticker: Ticker,
  ) {
    const { links } = this;
    const pool = this.pool = settings.pool;
    this.warn = settings.warn;
    this.begun = settings.begun;
    this.tellsSettled = settings.tellsSettled === true;
    this.queue = new RecordQueue(source);
    this.noun = settings.records ? "record" : "job";
    this.sink = settings.records
      ? new RecordSink({ pool, ...settings.records }, ledger, { given: this.given, closed() {} })
      : new ProcessSink(pool, ledger, this.others);
    const outcomes = new HostOutcomes(ledger, this.sink, this.queue, {
      ofRecords: settings.records !== undefined,
      retriesLost: settings.retriesLost,
      tellsSettled: this.tellsSettled,
      isStopping: () => this.loop.stop !== undefined,
      closed: () => this.decide(),
      released: (given) => this.dispatcher.released(given),
    });
    this.connector = new HostConnector(settings, links, {
      lost: (host, why, sent) => this.lost(host, why, sent, outcomes),
      nobodyLeft: (error) => this.loop.stopNow({ why: "failed", error }),
      isDone: () => this.isDone,
    });
    this.dispatcher = new HostDispatcher(settings, this.connector.hosts, this.queue, outcomes);
    this.terms = new HostTerms(pool, this.connector.hosts, ledger);
    this.arrivals = new HostArrivals(links, this.connector, outcomes, {
      warn: settings.warn,
      ready: (link, slots) => this.ready(link, slots),
      troubled: () => this.troubled = true,
      load: (host, load) => host.isHeld = settings.mayUse?.(load) === false,
      wantsReturned: () => !this.soon && !this.loop.stop,
    });
    this.pulse = new HostPulse(settings.approach.timeout, links, this.connector);
    const { processes } = links;
    const here = new EndOfAll(
      () => processes.everybody(),
      () => pool.termSteps,
      (left) => ledger.notices.survivors(left),
    );
    this.loop = new Loop(this, {
      ...{ settings: pool, source, ledger, ticker, writer: this.sink.writer, processes },
      end: new HostsEnd(links, pool.termSteps, here),
    });
  }

  /** @returns why it stopped early, if it did; then nothing that was started is left, on any host */
  run(): Promise<Stop | undefined> {
    return this.loop.run();
  }

  get busy(): number {
    let busy = 0;
    for (const host of this.connector.hosts) busy += host.running;
    return busy;
  }

  get isDone(): boolean {
    if (this.connector.hosts.some(({ given }) => given.size > 0)) return false;
    return this.soon || this.dispatcher.isEmpty;
  }

  get held(): boolean {
    return this.sink.isStrained;
  }

  get unprinted(): readonly number[] {
    return this.sink.unprinted;
  }

  get live(): number {
    return this.links.fd;
  }

  begin(): void {
    const now = runtime.now();
    if (!this.loop.stop) {
      this.connector.look(now, this.wantsHosts);
      this.terms.fitAll();
      this.dispatcher.feed(now, this.mayBegin);
      this.conclude(now);
    }
    this.sink.flush();
    if (!this.sink.writer.congested) { for (const host of this.connector.hosts) this.grant(host); }
    for (const link of this.links.all) if (link.hasUnsent) this.links.send(link);
  }

  wantsInput(now: number): boolean {
    return !this.soon && this.dispatcher.wantsInput(now);
  }

  listen(): void {
    this.arrivals.listen();
  }

  reap(): void {
    this.links.reap((link, ending) => {
      this.arrivals.finish(link);
      this.connector.ended(link, ending);
    });
  }

  look(now: number): void {
    this.links.look(now);
    if (!this.loop.stop) this.pulse.look(now);
  }

  due(now: number): number {
    if (this.tellsSettled && (this.links.hasUnsent || this.isPrinted)) return now;
    if (this.loop.stop) return this.links.due;
    const pulse = this.links.size > 0 ? this.pulse.due : Infinity;
    const connector = this.connector.due(now, this.wantsHosts);
    return Math.min(this.links.due, pulse, connector, this.dispatcher.due(now), this.lingerUntil);
  }

  stopped(): void {
    this.connector.stop();
    this.dispatcher.stop();
  }

  lastWords(): void {
    this.sink.end();
  }

  suspending(): void {
    for (const link of this.links.all) {
      if (!link.isReady || link.isClosed) continue;
      const isHere = link.host.spec.way.kind === "local";
      link.queue.pushUrgent(numberFrame(HOST_FRAME.pause, isHere ? 1 : 0));
      this.links.send(link);
    }
  }

  wasSuspended(ms: number): void {
    this.pulse.postpone(ms);
    if (this.lingerUntil < Infinity) this.lingerUntil += ms;
  }

  nameOf(): undefined {
    return undefined;
  }

  private readonly given = (): number[] => {
    const jobs: number[] = [];
    for (const { given } of this.connector.hosts) {
      for (const { attempt } of given.values()) jobs.push(attempt.job.seq);
    }
    return jobs;
  };

  private readonly others = (): number[] => [...this.given(), ...this.sink.unprinted];

  /** Connects to no host before there is something to do. */
  private readonly wantsHosts = (now: number): boolean => !this.soon && this.dispatcher.wants(now);

  private readonly mayBegin = (): boolean => !this.sink.writer.congested && !this.sink.isStrained;

  /** Grants a host credit for the output already taken. */
  private grant(host: PoolHost): void {
    const bytes = host.link ? host.grant() : 0;
    if (bytes > 0) host.link!.queue.pushUrgent(numberFrame(HOST_FRAME.credit, bytes));
  }

  private ready(link: PoolLink, slots: number): void {
    this.toldAll = false;
    const { host } = link;
    if (host.state === "opening") host.state = "ready";
    host.wasReady = true;
    host.failures = 0;
    host.beginCredit();
    this.terms.followLimit();
    this.terms.begin(host, link, link.newSlots ?? slots);
    link.queue.push(pingFrame(runtime.now()));
    this.begun?.();
    // Earlier results may have met its rule.
    this.decide();
  }

  /** @param sent how many bytes were sent to it: it does not know jobs beyond them */
  private lost(host: PoolHost, why: string, sent: number, outcomes: HostOutcomes): void {
    const given = [...host.given.values()];
    if (why !== "" && !this.loop.stop) {
      const count = given.filter(({ sentFrom }) => sentFrom < sent).length;
      const jobs = `${count} ${this.noun}${count === 1 ? "" : "s"}`;
      this.warn(`lost ${host.label}, with ${jobs}: ${why}`);
    }
    for (const one of given) {
      if (one.sentFrom < sent) outcomes.lost(host, one, "lost with its host");
      else outcomes.returned(one, !this.soon && !this.loop.stop);
    }
  }

  /** Whether the job just closed was the last one needed. */
  private decide(): void {
    if (this.pool.timeout?.kind === "percent") this.terms.followLimit();
    if (this.pool.halt.when === "never" || this.loop.stop) return;
    const decision = this.ledger.halt(this.busy, this.source.total);
    if (decision === "now") this.loop.stopNow({ why: "halt" });
    if (decision !== "soon" || this.soon) return;
    this.soon = true;
    this.dispatcher.stop();
    this.terms.holdAll();
  }

  /** Dismisses workers once every job has its final result. */
  private conclude(now: number): void {
    for (const host of this.connector.hosts) {
      if (host.state === "leaving" && host.given.size === 0) this.close(host);
    }
    // A bridge that asks for more learns that the input has ended; without a host nobody else does.
    if (!this.connector.hosts.some(({ state }) => state === "ready")) this.wantsHosts(now);
    this.tellAll();
    if (!this.isDone || this.loop.end.busy) return;
    // Workers that get SETTLED get it before they are dismissed.
    if (this.tellsSettled && this.sink.writer.pending > 0) return;
    if (this.lingerUntil === Infinity) {
      this.lingerUntil = now + LINGER_MS;
      this.connector.stop();
      for (const host of this.connector.hosts) this.close(host);
    } else if (now >= this.lingerUntil && this.links.size > 0) this.loop.end.begin(now);
  }

  /** Everything is done and printed, and workers that get SETTLED are still here. */
  private get isPrinted(): boolean {
    if (this.loop.stop || this.loop.end.busy || this.lingerUntil < Infinity) return false;
    return this.isDone && this.sink.writer.pending === 0;
  }

  /** Tells workers that get SETTLED when all jobs have been given. */
  private tellAll(): void {
    if (!this.tellsSettled || this.toldAll || !this.source.ended || !this.dispatcher.isEmpty) {
      return;
    }
    this.toldAll = true;
    for (const link of this.links.all) {
      if (link.isReady) link.queue.push(hostFrame(HOST_FRAME.all));
    }
  }

  private close(host: PoolHost): void {
    const { link } = host;
    host.state = "gone";
    if (!link) return;
    link.isLeaving = true;
    if (!link.isReady) return this.links.kill(link);
    link.queue.push(hostFrame(HOST_FRAME.close));
  }
}
