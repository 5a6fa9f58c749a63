import { runtime } from "../../runtime/mod.ts";
import type { Ledger } from "../ledger.ts";
import { Loop, type Stop, type Work } from "../loop.ts";
import type { JobSource, Ticker } from "../settings.ts";
import { OutputWriter } from "../writer.ts";
import { Accounts } from "./accounts.ts";
import { Answers } from "./answers.ts";
import { Desk } from "./desk.ts";
import { Foreman, type May } from "./foreman.ts";
import { Overseer } from "./overseer.ts";
import { Reception } from "./reception.ts";
import { Relay } from "./relay.ts";
import type { WorkerSettings } from "./settings.ts";
import { Staff } from "./staff.ts";

/** After the last answer workers have so long to end by themselves. */
const LINGER_MS = 10_000;

/** Keeps some processes of one program running and feeds them the records of a source, one answer each. */
export class WorkerPool implements Work {
  private readonly writer = new OutputWriter();
  private readonly answers: Answers;
  private readonly staff: Staff;
  private readonly desk: Desk;
  private readonly foreman: Foreman;
  private readonly reception: Reception;
  private readonly overseer: Overseer;
  private readonly loop: Loop;
  private lingerUntil = Infinity;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly source: JobSource,
    private readonly ledger: Ledger,
    ticker: Ticker,
  ) {
    const { writer } = this;
    const others = () => [...this.staff.given(), ...this.answers.unprinted];
    this.answers = new Answers(
      writer,
      settings.pool.inOrder,
      (seqs, rows) => ledger.settle(seqs, rows, others),
    );
    this.staff = new Staff(settings.program, settings.pool);
    this.desk = new Desk(source);
    const { staff, desk, answers } = this;
    const accounts = new Accounts(settings, ledger, writer, answers, desk.retries, {
      others,
      closed: () => this.decide(),
    });
    this.foreman = new Foreman(settings, staff, desk, accounts);
    const relay = new Relay(writer);
    this.reception = new Reception(settings, staff, desk, this.foreman, accounts, relay);
    this.overseer = new Overseer(settings, staff, ledger, (one) => this.foreman.retire(one));
    const { processes } = staff;
    this.loop = new Loop(this, {
      settings: settings.pool,
      source,
      ledger,
      ticker,
      writer,
      processes,
    });
  }

  /** A worker ended badly although all its records were answered. */
  get troubled(): boolean {
    return this.reception.troubled;
  }

  /** @returns why it stopped early, if it did; no process that it started is left then */
  run(): Promise<Stop | undefined> {
    return this.loop.run();
  }

  get busy(): number {
    return this.foreman.busy;
  }

  get isDone(): boolean {
    return this.foreman.isDone;
  }

  get held(): boolean {
    return false;
  }

  get unprinted(): readonly number[] {
    return this.answers.unprinted;
  }

  get live(): number {
    return this.writer.congested && !this.loop.stop ? -1 : this.staff.fd;
  }

  begin(): void {
    if (!this.loop.stop) {
      const now = runtime.now();
      this.foreman.feed(now, this.mayGive);
      this.conclude(now);
    }
    this.answers.flush();
  }

  wantsInput(now: number): boolean {
    return this.mayGive() === "all" && this.foreman.wantsInput(now);
  }

  listen(): void {
    this.reception.listen();
  }

  reap(): void {
    this.staff.reap((worker, ending) => this.reception.ended(worker, ending));
  }

  look(now: number): void {
    if (!this.loop.stop) this.overseer.look(now, this.reception.answered > 0);
  }

  due(now: number): number {
    if (this.loop.stop) return Infinity;
    const linger = this.loop.end.busy ? Infinity : this.lingerUntil;
    return Math.min(this.overseer.due(), this.foreman.due(now), linger);
  }

  stopped(): void {
    this.reception.stop();
    this.foreman.stopFeeding();
  }

  lastWords(): void {
    this.staff.trees.giveUp();
    this.answers.finish();
  }

  /** The time in which nobody could work is nobody's. */
  wasSuspended(ms: number): void {
    for (const worker of this.staff.workers.values()) worker.wasSuspended(ms);
    this.lingerUntil += ms;
  }

  nameOf(pid: number): string | undefined {
    const worker = this.staff.workers.get(pid);
    return worker && `worker ${worker.slot}`;
  }

  /** Whether the record that was closed just now was the last that is wanted. */
  private decide(): void {
    const decision = this.ledger.halt(this.busy, this.source.total);
    if (decision === "now") this.loop.stopNow({ why: "halt" });
    if (decision === "soon") this.foreman.stopFeeding();
  }

  /** Once every record has its answer or has failed, workers are sent home. */
  private conclude(now: number): void {
    if (!this.isDone || this.loop.end.busy || this.loop.end.over) return;
    if (this.lingerUntil === Infinity) {
      this.lingerUntil = now + LINGER_MS;
      this.foreman.dismiss();
    } else if (now >= this.lingerUntil && this.staff.workers.size > 0) {
      for (const { name } of this.staff.workers.values()) {
        this.settings.warn(`${name} did not end when its input ended: it is ended`);
      }
      this.loop.end.begin(now);
    }
  }

  private readonly mayGive = (): May =>
    this.writer.congested ? "none" : this.answers.isFull ? "old" : "all";
}
