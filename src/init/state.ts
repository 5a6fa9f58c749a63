// What init does on what happens, as a table: state × event -> state and actions. No process is touched here.
import { SIGCONT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU } from "../libc/abi.ts";
import type { InitSettings } from "./settings.ts";

/**
 * `running`: the program runs; `paused`: it was stopped, and init stopped itself with it; `ending`: the program has
 * ended and what it left is being ended; `done`.
 */
export type InitState = "running" | "paused" | "ending" | "done";

/** Whose the terminal's foreground is: init's own group, the program's, somebody else's, or there is no terminal. */
export type Foreground = "ours" | "program" | "other" | "none";

export type InitEvent =
  /**
   * A signal arrived for the program.
   * @field number as rewritten; 0 when the program is not to get it
   * @field received as it came
   */
  | { readonly type: "signal"; readonly number: number; readonly received: number }
  | {
    readonly type: "stopped";
    readonly signal: number;
    readonly foreground: Foreground;
    /** Somebody above does job control and can continue us. */
    readonly jobControl: boolean;
    /** A process, not the terminal, has sent init the signal for it: who stops it that way can continue it. */
    readonly asked: boolean;
  }
  /** @field alone nothing else is left */
  | { readonly type: "ended"; readonly alone: boolean }
  /** No descendant is left. */
  | { readonly type: "empty" }
  /** Their end is over: nothing is left, or nothing that can be ended. */
  | { readonly type: "over" };

export type InitAction =
  | { readonly do: "forward"; readonly signal: number }
  /** Continues the program, and gives it the terminal if that is ours. */
  | { readonly do: "resume" }
  /** Takes the terminal back and stops init itself, as a job that was stopped. */
  | { readonly do: "pause" }
  | { readonly do: "tell-leaks" }
  /** Asks them to end, and kills them after the grace. */
  | { readonly do: "end-leftovers" }
  | { readonly do: "signal-leftovers"; readonly signal: number };

export interface InitStep {
  readonly state: InitState;
  readonly actions: readonly InitAction[];
}

/** What a user's settings decide. */
export type Rules = Pick<InitSettings, "leftovers" | "stopsOnSignal">;

type Of<T extends InitEvent["type"]> = Extract<InitEvent, { type: T }>;
type Cell<T extends InitEvent["type"]> = (event: Of<T>, rules: Rules) => InitStep;

type Row = { readonly [T in InitEvent["type"]]?: Cell<T> };

export const TERMINAL_STOPS: readonly number[] = [SIGTSTP, SIGTTIN, SIGTTOU];

const DONE: InitStep = { state: "done", actions: [] };

const TABLE: Readonly<Record<InitState, Row>> = {
  running: {
    signal: afterSignal,
    stopped: afterStop,
    ended: afterEnd,
  },
  paused: {
    // fg and bg of a shell, or anybody else's SIGCONT.
    signal: ({ number }) =>
      number === SIGCONT ? stay("running", { do: "resume" }) : stay("paused", ...forward(number)),
    // Continued and stopped again before we were.
    stopped: afterStop,
    ended: afterEnd,
  },
  ending: {
    // The program is gone: its heirs get what it would have got. Nothing may stop them now.
    signal: ({ number }) =>
      number === 0 || TERMINAL_STOPS.includes(number)
        ? stay("ending")
        : stay("ending", { do: "signal-leftovers", signal: number }),
    empty: () => DONE,
    over: () => DONE,
  },
  done: {},
};

/** What init does next. An event without a cell changes nothing. */
export function nextInitStep(state: InitState, event: InitEvent, rules: Rules): InitStep {
  const cell = TABLE[state][event.type] as Cell<InitEvent["type"]> | undefined;
  return cell ? cell(event as never, rules) : stay(state);
}

/**
 * What becomes of a program that was stopped: it goes on, whoever started it stops with it, as a job of a shell does, or it stays
 * as it is.
 */
export function answerToStop(
  { signal, foreground, jobControl, asked }: Omit<Of<"stopped">, "type">,
): "resume" | "pause" | "leave" {
  const forInput = signal === SIGTTIN || signal === SIGTTOU;
  const hasTerminal = foreground === "ours" || foreground === "program";
  // It wanted the terminal a moment before it got it, or a shell's fg gave it to us without a word: bash sends no
  // SIGCONT to a job that runs.
  if (forInput && hasTerminal && !asked) return "resume";
  if (jobControl) return "pause";
  // A Ctrl-Z that nobody could take back. The kernel spares orphaned process groups the same fate: setpgid(2).
  const typed = signal === SIGTSTP && hasTerminal && !asked;
  return typed ? "resume" : "leave";
}

function afterSignal({ number, received }: Of<"signal">, { stopsOnSignal }: Rules): InitStep {
  const forwarding = forward(number);
  return stopsOnSignal && TERMINAL_STOPS.includes(received)
    ? stay("paused", ...forwarding, { do: "pause" })
    : stay("running", ...forwarding);
}

function forward(number: number): InitAction[] {
  return number === 0 ? [] : [{ do: "forward", signal: number }];
}

function afterStop(event: Of<"stopped">): InitStep {
  const answer = answerToStop(event);
  if (answer === "leave") return stay("running");
  return stay(answer === "pause" ? "paused" : "running", { do: answer });
}

function afterEnd({ alone }: Of<"ended">, { leftovers }: Rules): InitStep {
  if (leftovers === "ask") return { ...DONE, actions: [{ do: "forward", signal: SIGTERM }] };
  if (alone || leftovers === "leave") return DONE;
  return { state: "ending", actions: [{ do: "tell-leaks" }, { do: "end-leftovers" }] };
}

function stay(state: InitState, ...actions: InitAction[]): InitStep {
  return { state, actions };
}
