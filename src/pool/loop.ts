import { SIGTTIN, SIGTTOU } from "../libc/abi.ts";
import { SignalInbox, SIGNALS, suspendTree } from "./signals.ts";
import { runtime } from "../runtime/mod.ts";
import { EndOfAll, LastWords } from "./end_of_all.ts";
import { type Ledger, unprinted } from "./account/ledger.ts";
import type { Member, Processes } from "./process/processes.ts";
import type { JobSource, PoolSettings, Ticker } from "./settings.ts";
import { type Events, Watcher } from "./process/watcher.ts";
import type { OutputWriter } from "./output/writer.ts";

const MOST_ERRORS = 1000;

/** Why the pool stopped before its input ended. */
export type Stop =
  | { readonly why: "signal"; readonly name: string }
  /** Our output has no reader any more. */
  | { readonly why: "gone" }
  | { readonly why: "halt" }
  | { readonly why: "failed"; readonly error: unknown };

/** What a pool works with. */
export interface LoopParts {
  readonly settings: PoolSettings;
  readonly source: JobSource;
  readonly ledger: LoopLedger;
  readonly ticker: Ticker;
  readonly writer: LoopWriter;
  readonly processes: Processes<Member>;
  /** How everybody is ended; by default, by the steps of the settings. */
  readonly end?: LoopEnd;
}

/** Ends everybody, like {@link EndOfAll}. */
export type LoopEnd = Pick<EndOfAll, "over" | "busy" | "begin" | "hurry" | "due" | "advance">;

/** What the loop asks, and where it tells what it notices. */
export type LoopLedger = Pick<Ledger, "cannotRecord" | "notices">;

/** Where output goes: to stdout and stderr, or to whoever sent the jobs. */
export type LoopWriter = Pick<
  OutputWriter,
  "pending" | "congested" | "blockedOn" | "gone" | "pump" | "seal"
>;

/** What differs between kinds of pools. Times are on the clock of runtime.now(). */
export interface Work {
  /** How many jobs are in progress. */
  readonly busy: number;
  /** Nothing is left to start or to be answered. */
  readonly isDone: boolean;
  /** Too much output is waiting for new jobs to begin. */
  readonly held: boolean;
  /** Numbers of ended jobs whose output is not completely written. */
  readonly unprinted: readonly number[];
  /** Readable when processes have written something; -1: do not read now. */
  readonly live: number;
  /** Starts what may be started, and passes ready output to the writer. */
  begin(): void;
  /** Whether more input could be used now. */
  wantsInput(now: number): boolean;
  /** Reads what processes have written. */
  listen(): void;
  /** Reaps all that have ended. */
  reap(): void;
  /** Does what is due. */
  look(now: number): void;
  /** When {@link look} or {@link begin} have something to do even if nothing happens. */
  due(now: number): number;
  /** The pool stops: no more starts. */
  stopped(): void;
  /**
   * Processes that have not ended by now have no more to say: the writer gets the output that was waiting for its turn.
   */
  lastWords(): void;
  /** imp is about to be stopped, with everybody below it. */
  suspending?(): void;
  /** Nobody could act for so many milliseconds. */
  wasSuspended(ms: number): void;
  /** A process' name in messages. */
  nameOf(pid: number): string | undefined;
}

/** The loop of every pool: prints, waits, handles signals, and at last ends everybody. */
export class Loop {
  /** Set once the pool stops. */
  stop: Stop | undefined;
  /** Nothing can, or may, be printed any more. */
  private mute = false;
  /** A signal stopped it: only partly printed output is finished. */
  private lastWords: LastWords | undefined;
  readonly end: LoopEnd;
  private readonly watcher: Watcher;
  private readonly signals = new SignalInbox(SIGNALS);

  constructor(private readonly work: Work, private readonly parts: LoopParts) {
    const { settings, processes, ledger: { notices } } = parts;
    this.end = parts.end ?? new EndOfAll(
      () => processes.everybody(),
      () => settings.termSteps,
      (left) => notices.survivors(left),
    );
    processes.stopped = (pid, signal) => {
      if (this.continued(pid, signal)) return;
      const name = signal === SIGTTIN || signal === SIGTTOU ? work.nameOf(pid) : undefined;
      if (name !== undefined) notices.wantsTerminal(name, pid);
    };
    this.watcher = new Watcher(processes.wakeup.fds, settings.noChildren?.fd);
  }

  /** @returns why it stopped early, if it did; then no process that it started is left */
  async run(): Promise<Stop | undefined> {
    const { processes } = this.parts;
    for (let errors = 0;;) {
      try {
        this.work.begin();
        const { held } = this;
        this.print();
        // Retry what was held back: perhaps no process is active that could wake us.
        if (held && !this.held) continue;
        if (this.finished()) break;
        const events = this.wait();
        // Signal handlers run only in the runtime's own loop. Entering it costs more than the rest of an iteration.
        if (events.runtime) await runtime.sleep(0);
        this.react(events);
      } catch (error) {
        // Ending processes has priority; other errors must not keep imp from it. If nothing works any more, the guard
        // does it: it sees imp exit.
        if (++errors > MOST_ERRORS) throw error;
        this.stopNow({ why: "failed", error });
      }
    }
    processes.dismissGuard();
    this.signals.release();
    return this.stop?.why === "failed"
      ? { why: "failed", error: unprinted(this.stop.error, this.work.unprinted) }
      : this.stop;
  }

  /** Stops the pool; the first reason counts. */
  stopNow(stop: Stop): void {
    this.stop ??= stop;
    this.work.stopped();
    this.end.begin(runtime.now());
  }

  private wait(): Events {
    const { source, ticker, writer, processes } = this.parts;
    const now = runtime.now();
    const speaks = this.prints && writer.pending > 0;
    const patience = speaks ? this.lastWords?.due ?? Infinity : Infinity;
    const due = Math.min(this.end.due, ticker.next(), this.work.due(now), processes.due, patience);
    const wanted = !this.stop && !source.ended && !this.held && this.work.wantsInput(now);
    return this.watcher.wait({
      input: wanted ? source.fd : -1,
      live: this.work.live,
      feeds: source.feeder?.fd ?? -1,
      blockedOn: speaks ? writer.blockedOn : undefined,
      within: due - now,
    });
  }

  private react(events: Events): void {
    const { source, ticker, processes } = this.parts;
    for (let name = this.signals.take(); name; name = this.signals.take()) this.signal(name);
    if (events.gone) this.readerGone();
    if (events.input) source.read();
    if (events.live) this.work.listen();
    if (events.feeds) source.feeder?.feed();
    if (events.attempts) this.refuse();
    if (events.children) this.work.reap();
    const now = runtime.now();
    processes.look(now);
    this.work.look(now);
    this.end.advance(now);
    // Includes those that have ended since the look above.
    if (this.end.over) this.work.reap();
    if (this.lastWords?.isOver(now)) this.mute = true;
    if (ticker.next() <= now) ticker.tick(this.work.busy, source.total);
  }

  private refuse(): void {
    const { settings, ledger: { notices } } = this.parts;
    settings.noChildren?.refuse((pid, by) => {
      const name = this.work.nameOf(pid);
      if (name !== undefined) notices.refused(name, by);
    });
  }

  private print(): void {
    const { writer, ticker } = this.parts;
    if (writer.pending === 0 || !this.prints) return;
    ticker.makeRoom();
    try {
      if (writer.pump() === "gone") this.readerGone();
    } catch (error) {
      this.mute = true;
      throw error;
    }
  }

  private get held(): boolean {
    return this.parts.writer.congested || this.work.held;
  }

  /**
   * When the pool stops, the output of ended jobs is printed and then recorded; after a signal, only what is partly
   * printed.
   */
  private get prints(): boolean {
    return !this.mute && !this.parts.ledger.cannotRecord;
  }

  private readerGone(): void {
    // The remaining output after --halt has no reader either.
    if (this.stop?.why === "halt") this.stop = { why: "gone" };
    this.mute = true;
    this.stopNow({ why: "gone" });
  }

  private signal(name: string): void {
    const { settings } = this.parts;
    // Only one job at a time can have the terminal.
    if (name === "USR1") settings.jobLimit.value += settings.terminal ? 0 : 1;
    else if (name === "USR2") settings.jobLimit.value = Math.max(1, settings.jobLimit.value - 1);
    else if (name === "TSTP") this.suspend();
    else this.interrupt(name);
  }

  /**
   * The first time, trees are ended by the given steps; after that everybody is killed, and no reader is waited for.
   */
  interrupt(name: string): void {
    const now = runtime.now();
    if (!this.stop) this.stopNow({ why: "signal", name });
    else {
      if (this.stop.why === "halt") this.stop = { why: "signal", name };
      this.end.hurry(now);
    }
    if (this.lastWords) this.mute = true;
    this.parts.writer.seal();
    this.lastWords ??= new LastWords(this.parts.writer, now);
  }

  /** A job in the foreground was stopped. @returns false if it stays so */
  private continued(pid: number, signal: number): boolean {
    const { terminal } = this.parts.settings;
    if (!terminal || pid !== terminal.group || this.end.busy) return false;
    const answer = terminal.stopped(pid, signal);
    if (answer === "pause") this.suspend();
    return answer !== "leave";
  }

  /** Ctrl-Z. Ignored while everybody is being ended. */
  private suspend(): void {
    if (this.end.busy) return;
    this.parts.ticker.makeRoom();
    this.work.suspending?.();
    const from = runtime.now();
    suspendTree(this.parts.processes.everybody(), this.parts.settings.terminal);
    this.work.wasSuspended(runtime.now() - from);
  }

  private finished(): boolean {
    const { writer, processes } = this.parts;
    const idle = processes.alive.size === 0 && !this.end.busy;
    if (!this.end.over && !(idle && (this.stop || this.work.isDone))) return false;
    this.work.lastWords();
    if (this.prints && writer.pending > 0) return false;
    if (this.end.over || !processes.hasLeftovers()) return true;
    // The pool's daemonic children end with it.
    this.end.begin(runtime.now());
    return false;
  }
}
