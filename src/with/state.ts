// What a run does when something happens, as a table: state × event -> state and actions. No process is touched here.
import { SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP } from "../libc/abi.ts";
import { answerToStop, type Foreground } from "../init/state.ts";
import type { ReadyRule } from "../ready/rule.ts";
import type { Bytes } from "../libc/processes/spawn.ts";

/**
 * `starting`: helpers are not ready yet; `running`: main runs; `paused`: main was stopped, and imp stopped itself with
 * it; `leaving`: imp was told to end, and so was main; `waiting`: main has ended, plain children run; `ending`:
 * everything is told to end; `done`: nothing is left, or nothing that can be ended.
 */
export type RunState =
  | "starting"
  | "running"
  | "paused"
  | "leaving"
  | "waiting"
  | "ending"
  | "done";

export type RunEvent =
  /** Every helper is ready. */
  | { readonly type: "ready" }
  /** A helper cannot become ready, or it failed and that must end the run. */
  | { readonly type: "failed" }
  /** @field forMain what main receives for it, if anything. @field typed a key on the terminal */
  | {
    readonly type: "signal";
    readonly number: number;
    readonly forMain?: number;
    readonly typed: boolean;
  }
  | {
    readonly type: "stopped";
    readonly signal: number;
    readonly foreground: Foreground;
    /** A process above does job control and can continue us. */
    readonly jobControl: boolean;
  }
  /** @field bySignal a signal ended main. @field plains how many plain children run */
  | { readonly type: "main-ended"; readonly bySignal: boolean; readonly plains: number }
  | { readonly type: "plains-ended" }
  /** Main has not ended in time. */
  | { readonly type: "overdue" }
  | { readonly type: "empty" };

export type RunAction =
  | { readonly do: "start-main" }
  | { readonly do: "forward"; readonly signal: number }
  /** Continues main, and gives it the terminal if that is ours. */
  | { readonly do: "resume" }
  /** Takes the terminal back and stops imp itself, like any stopped job. */
  | { readonly do: "pause" }
  /** Gives main a limited time. */
  | { readonly do: "deadline" }
  | { readonly do: "end"; readonly because: "done" | "failed" | number }
  /** Kills at once everything that was told to end. */
  | { readonly do: "hurry" };

export interface RunStep {
  readonly state: RunState;
  readonly actions: readonly RunAction[];
}

type Cell<T extends RunEvent["type"]> = (event: Extract<RunEvent, { type: T }>) => RunStep;
type Row = { readonly [T in RunEvent["type"]]?: Cell<T> };

/** Signals that tell a program to end. */
const ENDING: readonly number[] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

const TABLE: Readonly<Record<RunState, Row>> = {
  starting: {
    ready: () => stay("running", { do: "start-main" }),
    failed: () => end("failed"),
    signal: ({ number }) => {
      if (ENDING.includes(number)) return end(number);
      return number === SIGTSTP ? stay("starting", { do: "pause" }) : stay("starting");
    },
  },
  running: {
    failed: () => end("failed"),
    signal: (event) => whileMainRuns("running", event),
    stopped: afterStop,
    "main-ended": ({ bySignal, plains }) =>
      bySignal || plains === 0 ? end("done") : stay("waiting"),
  },
  paused: {
    failed: () => end("failed"),
    // fg and bg of a shell, or anybody else's SIGCONT.
    signal: (event) =>
      event.number === SIGCONT ? stay("running", { do: "resume" }) : whileMainRuns("paused", event),
    stopped: afterStop,
    "main-ended": () => end("done"),
  },
  leaving: {
    failed: () => end("failed"),
    signal: (event) =>
      !event.typed && (event.number === SIGTERM || event.number === SIGINT)
        ? { state: "ending", actions: [{ do: "end", because: event.number }, { do: "hurry" }] }
        : whileMainRuns("leaving", event),
    stopped: () => stay("leaving", { do: "resume" }),
    "main-ended": () => end("done"),
    overdue: () => end("done"),
  },
  waiting: {
    failed: () => end("failed"),
    signal: ({ number }) => {
      if (ENDING.includes(number)) return end(number);
      return number === SIGTSTP ? stay("waiting", { do: "pause" }) : stay("waiting");
    },
    "plains-ended": () => end("done"),
  },
  ending: {
    signal: ({ number }) =>
      ENDING.includes(number) ? stay("ending", { do: "hurry" }) : stay("ending"),
    empty: () => stay("done"),
  },
  done: {},
};

/** What a run does next. An event without a cell changes nothing. */
export function nextRunStep(state: RunState, event: RunEvent): RunStep {
  const cell = TABLE[state][event.type] as Cell<RunEvent["type"]> | undefined;
  return cell ? cell(event as never) : stay(state);
}

/** A key on the terminal concerns only main, which gets it directly. A signal sent by a process is for imp too. */
function whileMainRuns(
  state: "running" | "paused" | "leaving",
  { number, forMain, typed }: Extract<RunEvent, { type: "signal" }>,
): RunStep {
  const actions: RunAction[] = forMain === undefined ? [] : [{ do: "forward", signal: forMain }];
  if (typed || !ENDING.includes(number)) return stay(state, ...actions);
  // A stopped process reacts only to SIGKILL until it is continued.
  if (state === "paused") actions.push({ do: "resume" });
  if (number === SIGTERM) actions.push({ do: "deadline" });
  return stay("leaving", ...actions);
}

function afterStop(event: Extract<RunEvent, { type: "stopped" }>): RunStep {
  const answer = answerToStop({ ...event, asked: false });
  if (answer !== "leave") return stay(answer === "pause" ? "paused" : "running", { do: answer });
  // Helpers go on: main must not stay stopped with nobody there to continue it.
  return event.signal === SIGTSTP ? stay("running", { do: "resume" }) : stay("running");
}

function end(because: "done" | "failed" | number): RunStep {
  return { state: "ending", actions: [{ do: "end", because }] };
}

function stay(state: RunState, ...actions: RunAction[]): RunStep {
  return { state, actions };
}

/** `daemon`: ended when main and every plain child have ended; `plain`: waited for. */
export type HelperKind = "daemon" | "plain";

/** A helper as requested. */
export interface HelperSettings {
  readonly kind: HelperKind;
  /** The prefix of its lines. */
  readonly name: string;
  readonly words: readonly string[];
  /** Its own words `K=V`. */
  readonly environment: readonly string[];
  /** All must hold; none: it is ready once it runs. */
  readonly ready: readonly ReadyRule[];
}

/** All settings of `imp with`. */
export interface WithSettings {
  readonly program: readonly Bytes[];
  readonly helpers: readonly HelperSettings[];
  readonly readyTimeoutMs: number;
  /** A helper starts only when those before it are ready. */
  readonly inOrder: boolean;
  /** Daemonic helpers may not start processes. */
  readonly noChildren: boolean;
  /** The first helper that fails ends everything. */
  readonly failFast: boolean;
  /** How long processes that were told to end may take, milliseconds. */
  readonly stopTimeoutMs: number;
  /** Where helpers' output goes: imp's stderr, nowhere, or this file. */
  readonly output: "stderr" | "nowhere" | { readonly file: string };
}
