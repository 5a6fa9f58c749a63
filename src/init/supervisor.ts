import { SIGCHLD, SIGCONT, SIGSTOP, SIGTERM } from "../libc/abi.ts";
import { debug, diagnosing } from "../base/diagnostics.ts";
import {
  type Change,
  changeOf,
  describeEnding,
  type Ending,
  hasChildren,
  takeChanges,
} from "../libc/processes/wait.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readSignals, type ReceivedSignal, waitReadable } from "../libc/processes/signalfd.ts";
import { sendSignal, signalName } from "../libc/processes/signals.ts";
import { runtime } from "../runtime/mod.ts";
import { signalTree } from "../termination/signal_tree.ts";
import { Termination } from "../termination/termination.ts";
import { ForegroundJob, type JobControl } from "./job_control.ts";
import { type InitObserver, type InitSettings, leftoversOf, listLeaks } from "./settings.ts";
import { type InitAction, type InitEvent, type InitState, nextInitStep } from "./state.ts";
import type { Woken } from "./woken.ts";

export interface Supervised {
  readonly settings: InitSettings;
  readonly observer: InitObserver;
  /** A signalfd. */
  readonly signals: number;
  readonly control: JobControl;
  readonly program: number;
  /** What happened while this process rested. */
  readonly woken?: Woken;
}

/** Beside a program that runs longer, it is worth some work to be small. */
const SETTLE_MS = 1000;
/** How often to look for what was forked meanwhile: soon, then less and less often. */
const FIRST_LOOK_MS = 10, LONGEST_LOOK_MS = 1000;

/**
 * The thin part around the table in state.ts: turns the kernel's reports into events, and actions into system calls.
 */
export class Supervisor {
  private state: InitState = "running";
  /** Ends what the program has left. */
  private termination: Termination | undefined;
  private gaveUp = false;
  private nextLook = Infinity;
  /** When this process may shrink, having nothing to do. */
  private settling: number;
  private settled = false;
  private lookPause = FIRST_LOOK_MS;
  private ending: Ending | undefined;
  /** The signal that stopped the program, in the latest changes. */
  private stopped: number | undefined;
  /** Signals from processes since the program was last continued, as forwarded. */
  private readonly sent = new Set<number>();
  private readonly tellsReaped: boolean;
  private readonly job: ForegroundJob;

  constructor(private readonly of: Supervised) {
    this.settling = runtime.now() + SETTLE_MS;
    this.tellsReaped = of.settings.tellReaped || diagnosing();
    this.job = new ForegroundJob(of.control, of.program);
    if (of.woken) this.catchUp(of.woken);
  }

  private catchUp({ sent, signal, ending, stopped }: Woken): void {
    for (const number of sent) this.sent.add(number);
    this.ending = ending;
    if (signal) this.hear(signal);
    this.takeChanges(stopped);
  }

  /**
   * @returns how the program ended, once everything else has ended too; undefined, once, after it has run for a while:
   *   then it may rest, and is called again if it does not
   */
  run(): Ending | undefined {
    // The program may have ended before the first wait, and SIGCHLD with it: it is pending in the signalfd.
    while (this.state !== "done") {
      this.turn();
      if (!this.settled) continue;
      this.settled = false;
      return undefined;
    }
    this.job.takeTerminal();
    if (this.gaveUp) this.of.observer.survived(listLeaks());
    return this.ending!;
  }

  /** Whether machine code could wait in place of this process. */
  get mayRest(): boolean {
    return this.state === "running" && !this.tellsReaped && !this.job.awaitsEcho;
  }

  /** Signals from processes since the program was last continued, as forwarded. */
  get sentSignals(): ReadonlySet<number> {
    return this.sent;
  }

  private turn(): void {
    const { signals } = this.of;
    const { nextLook, settling } = this;
    const due = Math.min(nextLook, settling);
    if (!waitReadable(signals, due - runtime.now())) {
      return due === settling ? this.settle() : this.look();
    }
    const received = readSignals(signals);
    for (const signal of received) this.hear(signal);
    // One SIGCHLD may stand for any number of children.
    if (received.some(({ number }) => number === SIGCHLD)) this.takeChanges();
  }

  private settle(): void {
    this.settling = Infinity;
    this.settled = true;
  }

  /** What was forked during the asking has not been asked. */
  private look(): void {
    const now = runtime.now();
    if (this.termination?.advance(now)) {
      this.gaveUp = this.termination.isGivenUp;
      return this.handle({ type: "over" });
    }
    this.nextLook = Math.min(this.termination?.due ?? Infinity, now + this.lookPause);
    this.lookPause = Math.min(LONGEST_LOOK_MS, this.lookPause * 2);
  }

  private hear(signal: ReceivedSignal): void {
    if (signal.number === SIGCHLD || this.job.expects(signal.number)) return;
    // This signal continues a stopped job, whatever the user rewrites.
    const number = this.state === "paused" && signal.number === SIGCONT
      ? SIGCONT
      : this.job.forwarded(signal, this.of.settings.rewrites);
    if (signal.number === SIGCONT) this.sent.clear();
    else if (number !== 0 && !signal.byKernel) this.sent.add(number);
    this.handle({ type: "signal", number, received: signal.number });
  }

  /** @param before the signal that stopped the program before */
  private takeChanges(before?: number): void {
    this.stopped = before;
    const some = takeChanges((pid, status) => {
      // Once it has ended its PID may be reused.
      if (pid === this.of.program && !this.ending) this.programChanged(changeOf(status));
      else if (this.tellsReaped) this.tellReaped(pid, changeOf(status));
    });
    this.conclude(!some);
  }

  private programChanged(change: Change): void {
    this.stopped = change.what === "stopped" ? change.signal : undefined;
    if (change.what !== "ended") return;
    this.ending = change.ending;
    debug("init", "the program has ended", { how: describeEnding(change.ending) });
  }

  /** The net effect of a round of changes: a stop that was undone meanwhile does not count. */
  private conclude(alone: boolean): void {
    const { stopped } = this;
    if (this.ending && (this.state === "running" || this.state === "paused")) {
      this.handle({ type: "ended", alone });
    } else if (alone) this.handle({ type: "empty" });
    else if (stopped !== undefined) {
      this.handle({ ...this.job.stopped(stopped), asked: this.sent.delete(stopped) });
    }
  }

  private tellReaped(pid: number, change: Change): void {
    if (change.what !== "ended") return;
    debug("init", "reaped", { pid, how: describeEnding(change.ending) });
    if (this.of.settings.tellReaped) this.of.observer.reaped(pid, change.ending);
  }

  private handle(event: InitEvent): void {
    const { state, actions } = nextInitStep(this.state, event, this.of.settings);
    this.state = state;
    for (const action of actions) this.act(action);
  }

  private act(action: InitAction): void {
    const { program, settings, observer } = this.of;
    switch (action.do) {
      case "forward":
        return this.forward(action.signal);
      case "resume":
        return this.job.resume();
      case "pause":
        this.job.takeTerminal();
        debug("init", "stopping with the program");
        return void sendSignal(ownPid(), SIGSTOP);
      case "tell-leaks":
        this.job.takeTerminal();
        if (settings.tellLeaks) observer.leaked(listLeaks());
        return;
      case "end-leftovers":
        return this.endLeftovers();
      case "signal-leftovers":
        return void signalTree(leftoversOf(program), action.signal);
    }
  }

  private forward(signal: number): void {
    const to = this.job.forward(signal, this.of.settings.toGroup);
    debug("init", "forwarded", { signal: signalName(signal), to });
  }

  private endLeftovers(): void {
    const { program, settings } = this.of;
    const steps = [{ signal: SIGTERM, wait: settings.graceMs }];
    // Whoever waits for children knows best whether there are any.
    const isProven = () => !hasChildren();
    const scope = leftoversOf(program);
    this.termination = new Termination(scope, { steps }, { isProven });
    this.look();
  }
}
