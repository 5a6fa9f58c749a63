import { SIGCHLD, SIGHUP, SIGSTOP, SIGTERM } from "../libc/abi.ts";
import { listTree } from "../termination/look.ts";
import { Termination } from "../termination/termination.ts";
import { awaitedSignals } from "../init/forwarding.ts";
import {
  type Change,
  changeOf,
  describeEnding,
  type Ending,
  takeChanges,
} from "../libc/processes/wait.ts";
import { openSignalfd, readSignals, type ReceivedSignal } from "../libc/processes/signalfd.ts";
import { ownPid } from "../libc/processes/process.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { runtime } from "../runtime/mod.ts";
import { Helpers, openLog } from "./helpers.ts";
import { RunPoll, type Tell } from "./events.ts";
import type { Helper } from "./helper.ts";
import { Containment } from "./containment.ts";
import { Main } from "./main.ts";
import type { Outlet } from "./outlet.ts";
import {
  nextRunStep,
  type RunAction,
  type RunEvent,
  type RunState,
  type WithSettings,
} from "./state.ts";

/** How a run ended. */
export type RunOutcome =
  | { readonly by: "main"; readonly ending: Ending }
  /** A signal ended it before main began or after main had ended. */
  | { readonly by: "signal"; readonly signal: number }
  /** @field late a helper was not ready in time */
  | { readonly by: "failure"; readonly late: boolean };

/** How often a tree being ended is looked at: not every end in it causes a signal here. */
const LOOK_MS = 20;
/** If nothing works any more, the guard must end everything: it sees imp exit. */
const MOST_ERRORS = 1000;

/**
 * A thin layer around the table of state.ts: turns what the kernel reports into events, and actions into system calls.
 */
export class Run {
  private state: RunState = "starting";
  private readonly signals: number;
  private readonly watch: RunPoll;
  private readonly containment: Containment;
  private readonly helpers: Helpers;
  private readonly main: Main;
  private deadline = Infinity;
  private readyDue = 0;
  private tree: Termination | undefined;
  private because: "done" | "failed" | number = "done";
  private late = false;
  private error: unknown;
  private asked = false;

  constructor(
    private readonly settings: WithSettings,
    environment: readonly Bytes[],
    private readonly outlet: Outlet,
    private readonly tell: Tell,
  ) {
    this.main = new Main(settings.program, environment);
    const log = openLog(settings);
    this.signals = openSignalfd(awaitedSignals());
    this.watch = new RunPoll(this.signals, outlet.fd);
    this.containment = new Containment(tell);
    const tagged = this.containment.tagged(environment);
    this.main.environment = tagged;
    this.helpers = new Helpers(settings, tagged, this.watch, log, tell);
  }

  /** @throws what went wrong, after everything was ended */
  run(): RunOutcome {
    let errors = 0;
    while (this.state !== "done") {
      try {
        this.turn();
      } catch (error) {
        if (this.state === "ending") this.hurry();
        this.error ??= error;
        if (++errors > MOST_ERRORS) throw error;
        this.handle({ type: "failed" });
      }
    }
    this.finish();
    if (this.error !== undefined) throw this.error;
    const { ending } = this.main;
    if (this.because === "failed") return { by: "failure", late: this.late };
    if (ending && typeof this.because !== "number") return { by: "main", ending };
    if (ending && this.main.endedByUs) return { by: "main", ending };
    return { by: "signal", signal: this.because as number };
  }

  private turn(): void {
    if (this.state === "starting") this.startHelpers();
    this.helpers.pause(this.outlet.congested);
    const due = Math.min(this.due(), this.containment.due);
    const { signals, room } = this.watch.wait(due - runtime.now(), this.outlet.pending);
    this.containment.look(runtime.now());
    if (room) this.outlet.pump();
    if (signals) this.takeSignals();
    if (this.state === "leaving" && runtime.now() >= this.deadline) {
      this.handle({ type: "overdue" });
    }
    if (this.tree && (this.containment.isAlone || this.tree.advance(runtime.now()))) {
      this.handle({ type: "empty" });
    }
  }

  private due(): number {
    if (this.state === "starting") return this.readyDue;
    if (this.tree) return Math.min(this.tree.due, runtime.now() + LOOK_MS);
    return this.state === "leaving" ? this.deadline : Infinity;
  }

  private startHelpers(): void {
    const progress = this.helpers.advance();
    if (progress === "ready") return this.handle({ type: "ready" });
    if ("until" in progress) {
      this.readyDue = progress.until;
      return;
    }
    this.late = progress.late ?? false;
    this.fail(progress.failed, progress.why);
  }

  private fail(helper: Helper, why: string): void {
    this.tell({ event: "failed", helper: helper.name, why, lines: helper.lastLines });
    this.handle({ type: "failed" });
  }

  private takeSignals(): void {
    const received = readSignals(this.signals);
    for (const signal of received) this.hear(signal);
    // One SIGCHLD may stand for any number of children.
    if (received.some(({ number }) => number === SIGCHLD)) this.takeChanges();
  }

  private hear(signal: ReceivedSignal): void {
    const { number, byKernel } = signal;
    if (number === SIGCHLD || this.main.job?.expects(number)) return;
    const forMain = this.main.job?.forwarded(signal);
    const typed = byKernel && number !== SIGHUP;
    this.handle({ type: "signal", number, forMain, typed });
  }

  private takeChanges(): void {
    let stopped: number | undefined;
    let mainEnded = false;
    takeChanges((pid, status) => {
      const change = changeOf(status);
      if (pid === this.main.pid) {
        stopped = change.what === "stopped" ? change.signal : undefined;
        if (change.what === "ended") mainEnded = true, this.main.ending = change.ending;
      } else if (change.what === "ended") this.childEnded(pid, change);
      else if (change.what === "stopped") this.containment.childStopped(pid);
    });
    if (mainEnded) this.mainEnded();
    else if (stopped !== undefined) this.handle(this.main.job!.stopped(stopped));
    if (this.state === "waiting" && this.helpers.plains === 0) {
      this.handle({ type: "plains-ended" });
    }
  }

  private mainEnded(): void {
    const ending = this.main.ending!;
    this.main.job?.takeTerminal();
    this.tell({ event: "program-ended", pid: this.main.pid, ending });
    const bySignal = ending.how === "signal";
    this.handle({ type: "main-ended", bySignal, plains: this.helpers.plains });
  }

  private childEnded(pid: number, { ending }: Extract<Change, { what: "ended" }>): void {
    if (this.containment.guardEnded(pid)) return;
    const helper = this.helpers.childEnded(pid, ending, this.state === "starting");
    if (!helper) return;
    const early = this.state !== "ending" && this.state !== "done";
    const { name, settings: { kind } } = helper;
    this.tell({ event: "ended", helper: name, pid, kind, ending, early });
    if (!early) return;
    const failed = ending.how === "signal" || ending.code !== 0;
    const how = describeEnding(ending);
    if (!helper.ready && this.state === "starting") {
      const hint = failed ? "" : ": it has to stay in the foreground";
      this.fail(helper, `it ended before it was ready (${how})${hint}`);
    } else if (failed && this.settings.failFast) {
      this.fail(helper, `it failed (${how})`);
    }
  }

  private handle(event: RunEvent): void {
    const { state, actions } = nextRunStep(this.state, event);
    this.state = state;
    for (const action of actions) this.act(action);
  }

  private act(action: RunAction): void {
    const { main } = this;
    switch (action.do) {
      case "start-main":
        main.start();
        return this.tell({ event: "program", pid: main.pid });
      case "forward":
        return main.signal(action.signal);
      case "resume":
        return main.resume();
      case "pause":
        main.job?.takeTerminal();
        // Without anyone to continue it, a stopped process would stay stopped forever.
        if (main.isControlled) sendSignal(ownPid(), SIGSTOP);
        return;
      case "deadline":
        this.deadline = Math.min(this.deadline, runtime.now() + this.settings.stopTimeoutMs);
        return;
      case "end":
        return this.end(action.because);
      case "hurry":
        return this.hurry();
    }
  }

  private end(because: "done" | "failed" | number): void {
    if (this.tree) return;
    const { main } = this;
    this.because = because;
    main.job?.takeTerminal();
    main.endedByUs = main.pid > 0 && main.ending === undefined;
    const processes = this.containment.isAlone ? 0 : listTree(this.containment.scope()).length;
    const reason = because === "done" || because === "failed"
      ? { why: because } as const
      : { why: "signal", signal: because } as const;
    this.tell({ event: "ending", reason, processes });
    const steps = [{ signal: SIGTERM, wait: this.settings.stopTimeoutMs }];
    // A new guard may replace one that was ended meanwhile.
    this.tree = new Termination(() => this.containment.scope(), { steps });
  }

  private hurry(): void {
    if (!this.asked) this.tell({ event: "killing" });
    this.asked = true;
    this.tree?.hurry(runtime.now());
  }

  /** Nothing runs any more: makes sure of that and reports it, and writes the remaining output. */
  private finish(): void {
    // Those that have ended at the last moment.
    this.takeChanges();
    this.helpers.drain();
    const left = this.containment.release();
    this.tell(left.length === 0 ? { event: "empty" } : { event: "survived", processes: left });
    while (this.outlet.pending) {
      const { signals, room } = this.watch.wait(Infinity, true);
      if (room) this.outlet.pump();
      // A user who does not want to wait for a reader sends a signal.
      if (signals && readSignals(this.signals).some(({ number }) => number !== SIGCHLD)) {
        this.outlet.drop();
      }
    }
  }
}
