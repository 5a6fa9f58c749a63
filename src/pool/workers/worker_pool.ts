import { Ending } from "../../group/ending.ts";
import { suspendTree } from "../../group/suspend.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Ledger } from "../ledger.ts";
import type { JobSource, Ticker } from "../settings.ts";
import { SignalInbox, SIGNALS } from "../signals.ts";
import type { Stop } from "../pool.ts";
import { type Events, Watcher } from "../watcher.ts";
import { Writer } from "../writer.ts";
import { Accounts } from "./accounts.ts";
import { Answers } from "./answers.ts";
import { Desk } from "./desk.ts";
import { Foreman, type May } from "./foreman.ts";
import { Overseer } from "./overseer.ts";
import { Reception } from "./reception.ts";
import { Relay } from "./relay.ts";
import type { WorkerSettings } from "./settings.ts";
import { Staff } from "./staff.ts";

const MOST_ERRORS = 1000;
/** No record is given out while so many pieces of output wait for a slow reader. */
const BACKLOG = 64;
/** After the last answer workers have so long to end by themselves. */
const LINGER_MS = 10_000;

/** Keeps some processes of one program running and feeds them the records of a source, one answer each. */
export class WorkerPool {
  private readonly writer = new Writer();
  private readonly answers: Answers;
  private readonly staff: Staff;
  private readonly desk: Desk;
  private readonly foreman: Foreman;
  private readonly reception: Reception;
  private readonly overseer: Overseer;
  private readonly watcher: Watcher;
  private readonly signals = new SignalInbox(SIGNALS);
  private ending: Ending | undefined;
  private stop: Stop | undefined;
  private emptied = false;
  private lingerUntil = Infinity;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly source: JobSource,
    private readonly ledger: Ledger,
    private readonly ticker: Ticker,
  ) {
    this.answers = new Answers(this.writer, settings.pool.inOrder);
    this.staff = new Staff(settings.program, settings.pool.childless);
    this.desk = new Desk(source);
    const { staff, desk, answers } = this;
    const accounts = new Accounts(settings, ledger, answers, desk.retries, {
      others: () => staff.given(),
      closed: () => this.decide(),
    });
    this.foreman = new Foreman(settings, staff, desk, accounts);
    const relay = new Relay(this.writer);
    this.reception = new Reception(settings, staff, desk, this.foreman, accounts, relay);
    this.overseer = new Overseer(settings, this.staff, ledger, (one) => this.foreman.retire(one));
    this.watcher = new Watcher(this.staff.wakeup.fd, settings.pool.childless?.fd);
  }

  /** A worker ended badly although all its records were answered. */
  get troubled(): boolean {
    return this.reception.troubled;
  }

  /** @returns why it stopped early, if it did; no process that it started is left then */
  async run(): Promise<Stop | undefined> {
    for (let errors = 0;;) {
      try {
        this.giveOut();
        const held = this.congested;
        this.print();
        // What slow readers held back goes on: maybe no worker has anything to do that could wake us.
        if (held && !this.congested) continue;
        if (this.finished()) break;
        const events = this.wait();
        // Signal handlers run only in the runtime's own loop.
        if (events.runtime) await runtime.sleep(0);
        this.react(events);
      } catch (error) {
        // Workers are ended first, whatever else goes wrong then.
        if (++errors > MOST_ERRORS) throw error;
        this.stopNow({ why: "failed", error });
      }
    }
    this.staff.dismissGuard();
    this.signals.release();
    return this.stop;
  }

  private giveOut(): void {
    if (this.stop) return;
    const now = runtime.now();
    this.foreman.feed(now, this.mayGive);
    this.conclude(now);
  }

  private wait(): Events {
    const now = runtime.now();
    return this.watcher.wait({
      input: this.wantsInput(now) ? this.source.fd : -1,
      live: this.congested && !this.stop ? -1 : this.staff.fd,
      blockedOn: this.prints && this.writer.pending > 0 ? this.writer.blockedOn : undefined,
      within: this.nextDue(now) - now,
    });
  }

  private react(events: Events): void {
    for (let name = this.signals.take(); name; name = this.signals.take()) this.signal(name);
    if (events.gone) this.readerGone();
    if (events.input) this.source.read();
    if (events.live) this.reception.listen();
    if (events.attempts) this.refuse();
    if (events.children) {
      this.staff.reap((worker, ending) => this.reception.ended(worker, ending));
    }
    const now = runtime.now();
    this.look(now);
    if (this.ticker.next() <= now) this.ticker.tick(this.foreman.busy, this.source.total);
  }

  private refuse(): void {
    this.settings.pool.childless?.refuse((pid, by) => {
      const worker = this.staff.workers.get(pid);
      if (worker) this.ledger.refused(`worker ${worker.slot}`, by);
    });
  }

  private look(now: number): void {
    if (!this.stop) this.overseer.look(now, this.reception.answered > 0);
    if (!this.ending?.advance(now)) return;
    this.ledger.survivors(this.ending.left);
    this.ending = undefined;
    this.emptied = true;
  }

  /** Whether the record that was closed just now was the last that is wanted. */
  private decide(): void {
    const decision = this.ledger.halt(this.foreman.busy, this.source.total);
    if (decision === "now") this.stopNow({ why: "halt" });
    if (decision === "soon") this.foreman.stopFeeding();
  }

  /** Once every record has its answer or has failed, workers are sent home. */
  private conclude(now: number): void {
    if (!this.foreman.isDone || this.ending) return;
    if (this.lingerUntil === Infinity) {
      this.lingerUntil = now + LINGER_MS;
      this.foreman.dismiss();
    } else if (now >= this.lingerUntil && this.staff.workers.size > 0) {
      for (const { name } of this.staff.workers.values()) {
        this.settings.warn(`${name} did not end when its input ended: it is ended`);
      }
      this.beginEnding();
    }
  }

  private print(): void {
    this.answers.flush();
    if (!this.prints || this.writer.pending === 0) return;
    this.ticker.makeRoom();
    if (this.writer.pump() === "gone") this.readerGone();
  }

  private get prints(): boolean {
    return !this.stop || this.stop.why === "halt";
  }

  private get congested(): boolean {
    return this.writer.pending > BACKLOG;
  }

  private readonly mayGive = (): May =>
    this.congested ? "none" : this.answers.isFull ? "old" : "all";

  private readerGone(): void {
    if (this.stop?.why === "halt") this.stop = { why: "gone" };
    this.stopNow({ why: "gone" });
  }

  private wantsInput(now: number): boolean {
    return !this.stop && !this.source.ended && this.mayGive() === "all" &&
      this.foreman.wantsInput(now);
  }

  /** When something is to be done even if nothing happens. */
  private nextDue(now: number): number {
    const due = Math.min(this.ending?.due ?? Infinity, this.ticker.next());
    if (this.stop) return due;
    const linger = this.ending ? Infinity : this.lingerUntil;
    return Math.min(due, this.overseer.due(), this.foreman.due(now), linger);
  }

  private signal(name: string): void {
    const { pool } = this.settings;
    if (name === "USR1") pool.jobs++;
    else if (name === "USR2") pool.jobs = Math.max(1, pool.jobs - 1);
    else if (name === "TSTP") this.suspend();
    else if (this.stop) this.ending?.hurry(runtime.now());
    else this.stopNow({ why: "signal", name });
  }

  /** Ctrl-Z. While everybody is being ended there is nothing to be suspended. */
  private suspend(): void {
    if (this.ending) return;
    this.ticker.makeRoom();
    const begin = runtime.now();
    suspendTree(this.staff.everybody());
    // The time in which nobody could work is nobody's.
    const away = runtime.now() - begin;
    for (const worker of this.staff.workers.values()) worker.wasSuspended(away);
    this.lingerUntil += away;
  }

  private finished(): boolean {
    const toPrint = this.prints && this.writer.pending > 0;
    if (this.emptied && (this.stop || this.lingerUntil < Infinity)) return !toPrint;
    if (this.staff.workers.size > 0 || this.ending) return false;
    if (!this.stop && !this.foreman.isDone) return false;
    if (toPrint) return false;
    if (!this.emptied && this.staff.hasLeftovers()) {
      this.beginEnding();
      return false;
    }
    return true;
  }

  private stopNow(stop: Stop): void {
    this.stop ??= stop;
    this.reception.stop();
    this.foreman.stopFeeding();
    this.beginEnding();
  }

  private beginEnding(): void {
    this.ending ??= new Ending(
      () => this.staff.everybody(),
      this.settings.pool.termSteps,
      runtime.now(),
    );
    if (this.ending.advance(runtime.now())) {
      this.ending = undefined;
      this.emptied = true;
    }
  }
}
