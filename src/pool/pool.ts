import { suspendTree } from "../group/suspend.ts";
import { releaseProgramText } from "../libc/program_text.ts";
import { runtime } from "../runtime/mod.ts";
import { Captures } from "./capture.ts";
import { Crew, type Gone } from "./crew.ts";
import { Endings } from "./endings.ts";
import type { Ledger } from "./ledger.ts";
import { LiveOutput } from "./live_output.ts";
import { MemoryWatch } from "./memory_watch.ts";
import { Printer } from "./printer.ts";
import { type Again, Retries } from "./retries.ts";
import type { JobSource, PoolSettings, Ticker } from "./settings.ts";
import { SignalInbox, SIGNALS } from "./signals.ts";
import { Spool } from "./spool.ts";
import type { JobResult } from "./types.ts";
import { type Events, Watcher } from "./watcher.ts";

const MOST_ERRORS = 1000;
/** JavaScriptCore would let garbage grow to 30 MB before it looks; at this rate looking costs two microseconds per job. */
const COLLECT_EVERY = 4096;
/** The first time earlier: what only the start needed is still in memory. */
const COLLECT_FIRST = 1024;
const ASK_AGAIN_MS = 1000;
/** How long to wait when the machine cannot start a process. */
const LATER_MS = 100;

/** Why the pool stopped before its input ended. */
export type Stop =
  | { readonly why: "signal"; readonly name: string }
  /** Nobody reads our output any more. */
  | { readonly why: "gone" }
  | { readonly why: "halt" }
  | { readonly why: "failed"; readonly error: unknown };

/** Runs the jobs of a source, so many at once. */
export class Pool {
  private readonly spool = new Spool();
  private readonly captures = new Captures(this.spool, () => !this.crew.hasLeftovers());
  private readonly printer: Printer;
  private readonly crew: Crew;
  private readonly live: LiveOutput | undefined;
  private readonly watcher: Watcher;
  private readonly signals = new SignalInbox(SIGNALS);
  private readonly retries = new Retries();
  private readonly memory: MemoryWatch;
  private readonly endings: Endings;
  private readonly whenGone = (gone: Gone) => this.ended(gone);
  private stop: Stop | undefined;
  private soon = false;
  private submitted = 0;
  private closed = 0;
  /** No start before. */
  private notBefore = 0;
  /** The machine could start nothing more: no start before that, or before a job has ended. */
  private full = false;

  constructor(
    private readonly settings: PoolSettings,
    private readonly source: JobSource,
    private readonly ledger: Ledger,
    private readonly ticker: Ticker,
  ) {
    this.printer = new Printer(this.captures, this.spool, settings.inOrder);
    if (settings.output === "line") this.live = new LiveOutput(this.printer.writer);
    this.crew = new Crew(settings, this.captures, this.live);
    this.endings = new Endings(settings, this.crew, ledger);
    this.memory = new MemoryWatch(this.crew.running, this.spool);
    this.watcher = new Watcher(this.crew.wakeup.fd, settings.childless?.fd);
  }

  /** @returns why it stopped early, if it did; no process that it started is left then */
  async run(): Promise<Stop | undefined> {
    for (let errors = 0;;) {
      try {
        this.startJobs();
        const held = this.printer.congested;
        this.print();
        // What slow readers held back goes on: maybe no job runs that could wake us.
        if (held && !this.printer.congested) continue;
        if (this.finished()) break;
        const events = this.wait();
        // Signal handlers run only in the runtime's own loop. To enter it costs more than all the rest of a turn.
        if (events.runtime) await runtime.sleep(0);
        this.react(events);
      } catch (error) {
        // The jobs are ended first; what else goes wrong then must not keep imp from it. Where nothing works any more the
        // guard is left to do it: it sees imp exit.
        if (++errors > MOST_ERRORS) throw error;
        this.stopNow({ why: "failed", error });
      }
    }
    this.crew.dismissGuard();
    this.signals.release();
    return this.stop;
  }

  private wait(): Events {
    const { writer, congested } = this.printer;
    const now = runtime.now();
    return this.watcher.wait({
      input: this.wantsInput(now) ? this.source.fd : -1,
      live: congested ? -1 : this.live?.fd ?? -1,
      blockedOn: this.prints && writer.pending > 0 ? writer.blockedOn : undefined,
      within: this.nextDue(now) - now,
    });
  }

  private react(events: Events): void {
    for (let name = this.signals.take(); name; name = this.signals.take()) this.signal(name);
    if (events.gone) this.readerGone();
    if (events.input) this.source.read();
    if (events.live) this.live?.read();
    if (events.attempts) this.refuse();
    if (events.children) this.crew.reap(this.whenGone);
    const now = runtime.now();
    this.memory.look(now);
    this.endings.advance(now);
    if (this.ticker.next() <= now) this.ticker.tick(this.crew.running.size, this.source.total);
  }

  private refuse(): void {
    this.settings.childless?.refuse((pid, by) => {
      const running = this.crew.running.get(pid);
      if (running) this.ledger.refused(`job ${running.job.seq}`, by);
    });
  }

  private print(): void {
    if (this.printer.writer.pending === 0 || !this.prints) return;
    this.ticker.makeRoom();
    if (this.printer.pump() === "gone") this.readerGone();
  }

  /** After an interruption nothing is printed any more; after --halt what has ended is. */
  private get prints(): boolean {
    return !this.stop || this.stop.why === "halt";
  }

  private readerGone(): void {
    // What --halt left to print has nobody to read it either.
    if (this.stop?.why === "halt") this.stop = { why: "gone" };
    this.stopNow({ why: "gone" });
  }

  private wantsInput(now: number): boolean {
    return this.crew.running.size < this.settings.jobs && !this.printer.congested && !this.stop &&
      !this.soon && !this.source.ended && now >= this.notBefore;
  }

  /** When something is to be done even if nothing happens. */
  private nextDue(now: number): number {
    const due = Math.min(this.memory.due, this.endings.due, this.ticker.next());
    if (this.stop || this.soon || this.crew.running.size >= this.settings.jobs) return due;
    // Waits for a start: with input left, or with retries.
    return Math.min(due, this.notBefore > now ? this.notBefore : this.retries.nextDue);
  }

  private signal(name: string): void {
    const { settings } = this;
    if (name === "USR1") settings.jobs++;
    else if (name === "USR2") settings.jobs = Math.max(1, settings.jobs - 1);
    else if (name === "TSTP") this.suspend();
    else if (this.stop) this.endings.hurry(runtime.now());
    else this.stopNow({ why: "signal", name });
  }

  /** Ctrl-Z. While everybody is being ended there is nothing to be suspended. */
  private suspend(): void {
    if (this.stop || this.endings.busy) return;
    this.ticker.makeRoom();
    const from = runtime.now();
    suspendTree(this.crew.everybody());
    this.endings.postpone(runtime.now() - from);
  }

  private finished(): boolean {
    if (this.stop && this.endings.over) return !this.prints || this.printer.writer.pending === 0;
    if (this.crew.running.size > 0 || this.endings.busy) return false;
    const more = !this.source.ended || this.retries.size > 0;
    if (!this.stop && !this.soon && more) return false;
    if (this.prints && this.printer.writer.pending > 0) return false;
    if (this.endings.over || !this.crew.hasLeftovers()) return true;
    // Daemonic children of the pool: they end with it.
    this.endings.begin(runtime.now());
    return false;
  }

  private startJobs(): void {
    const { running } = this.crew;
    while (running.size < this.settings.jobs && this.mayStart()) {
      const again = this.retries.size > 0 ? this.retries.take(runtime.now()) : undefined;
      const next = again ?? this.fresh();
      if (!next || !this.start(next)) return;
    }
  }

  private fresh(): Again | undefined {
    const job = this.source.next();
    return job && { job, attempt: 1, order: ++this.submitted, due: 0 };
  }

  private mayStart(): boolean {
    if (this.stop || this.soon || this.printer.congested) return false;
    if (this.notBefore > 0 && runtime.now() < this.notBefore) return false;
    if (!this.settings.mayStart || this.settings.mayStart()) return true;
    this.notBefore = runtime.now() + ASK_AGAIN_MS;
    return false;
  }

  /** @returns false when the machine cannot start anything now */
  private start(again: Again): boolean {
    const now = runtime.now();
    const hired = this.crew.start(again, now);
    if ("later" in hired) {
      this.ledger.warnOnce(hired.later);
      this.full = true;
      this.notBefore = now + LATER_MS;
      this.retries.add({ ...again, due: now });
      return false;
    }
    if ("failed" in hired) {
      this.ledger.tell(again.job, hired.error);
      this.close(this.ledger.unstarted(again, hired.failed), again.order, undefined);
      return true;
    }
    if (this.settings.delay > 0) this.notBefore = now + this.settings.delay;
    return true;
  }

  private ended(gone: Gone): void {
    const { running } = gone;
    if (this.full) this.notBefore = 0;
    this.full = false;
    const result = this.ledger.result(gone, this.stop !== undefined);
    const wait = this.stop ? undefined : this.ledger.retryDelay(result);
    if (wait !== undefined) {
      if (running.capture) this.captures.giveBack(running.capture);
      const { job, attempt, order } = running;
      this.retries.add({ job, attempt: attempt + 1, order, due: runtime.now() + wait });
      return;
    }
    this.close(result, running.order, gone);
  }

  /** The last word about a job. */
  private close(result: JobResult, order: number, gone: Gone | undefined): void {
    const { job } = result;
    this.closed++;
    if (this.closed % COLLECT_EVERY === 0 || this.closed === COLLECT_FIRST) this.tidy();
    const record = this.ledger.close(result, gone, () => this.crew.jobs());
    this.printer.finished({
      order,
      silent: this.settings.silent || result.end.by === "stop",
      capture: gone?.running.capture,
      tag: gone && this.settings.tag?.(job, gone.running.slot),
      record,
    });
    job.input?.release();
    if (this.settings.halt.when === "never") return;
    const decision = this.ledger.halt(this.crew.running.size, this.source.total);
    if (decision === "soon") this.soon = true;
    if (decision === "now") this.stopNow({ why: "halt" });
  }

  /** A pool of many jobs stays as small as one of few. */
  private tidy(): void {
    runtime.collectGarbage();
    if (this.closed === COLLECT_FIRST) releaseProgramText();
  }

  private stopNow(stop: Stop): void {
    this.stop ??= stop;
    this.retries.clear();
    this.endings.begin(runtime.now());
  }
}
