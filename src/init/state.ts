// What init does in response to events, as a table: state × event -> state and actions. Touches no process.
import { SIGCONT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU } from "../libc/abi.ts";
import type { InitSettings } from "./settings.ts";

/**
 * `running`: the program runs; `paused`: it was stopped, and init stopped itself too; `ending`: the program has ended
 * and its remains are being ended; `done`.
 */
export type InitState = "running" | "paused" | "ending" | "done";

/** Who has the terminal's foreground: init's own group, the program's, another one, or there is no terminal. */
export type Foreground = "ours" | "program" | "other" | "none";

export type InitEvent =
  /**
   * A signal arrived for the program.
   * @field number as rewritten; 0 if dropped
   * @field received as received
   */
  | { readonly type: "signal"; readonly number: number; readonly received: number }
  | {
    readonly type: "stopped";
    readonly signal: number;
    readonly foreground: Foreground;
    /** Something above does job control and can continue us. */
    readonly jobControl: boolean;
    /** A process, not the terminal, has sent init the signal for it: whoever stops it that way can continue it. */
    readonly asked: boolean;
  }
  /** @field alone nothing else is left */
  | { readonly type: "ended"; readonly alone: boolean }
  /** No descendant is left. */
  | { readonly type: "empty" }
  /** Ending them is finished: nothing is left, or nothing that can be ended. */
  | { readonly type: "over" };

export type InitAction =
  | { readonly do: "forward"; readonly signal: number }
  /** Continues the program, and gives it the terminal if that is ours. */
  | { readonly do: "resume" }
  /** Takes the terminal back and stops init itself, as a stopped job. */
  | { readonly do: "pause" }
  | { readonly do: "tell-leaks" }
  /** Asks them to end, and kills them after the grace. */
  | { readonly do: "end-leftovers" }
  | { readonly do: "signal-leftovers"; readonly signal: number };

export interface InitStep {
  readonly state: InitState;
  readonly actions: readonly InitAction[];
}

/** The rules from the user's settings. */
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
    // fg and bg of a shell, or any other SIGCONT.
    signal: ({ number }) =>
      number === SIGCONT ? stay("running", { do: "resume" }) : stay("paused", ...forward(number)),
    // Continued and stopped again before we were; or the signal that is to stop us has stopped it first.
    stopped: (event, { stopsOnSignal }) => stopsOnSignal ? stay("paused") : afterStop(event),
    ended: afterEnd,
  },
  ending: {
    // The program is gone: its heirs get its signals. Nothing may stop them now.
    signal: ({ number }) =>
      number === 0 || TERMINAL_STOPS.includes(number)
        ? stay("ending")
        : stay("ending", { do: "signal-leftovers", signal: number }),
    empty: () => DONE,
    over: () => DONE,
  },
  done: {},
};

/** The next step of init. An event without a cell changes nothing. */
export function nextInitStep(state: InitState, event: InitEvent, rules: Rules): InitStep {
  const cell = TABLE[state][event.type] as Cell<InitEvent["type"]> | undefined;
  return cell ? cell(event as never, rules) : stay(state);
}

/** What to do about a stopped program: continue it, stop with it as a shell's job does, or leave it as it is. */
export function answerToStop(
  { signal, foreground, jobControl, asked }: Omit<Of<"stopped">, "type">,
): "resume" | "pause" | "leave" {
  const forInput = signal === SIGTTIN || signal === SIGTTOU;
  const hasTerminal = foreground === "ours" || foreground === "program";
  // It wanted the terminal a moment before it got it, or a shell's fg gave the terminal to us silently: bash sends no
  // SIGCONT to a running job.
  if (forInput && hasTerminal && !asked) return "resume";
  if (jobControl) return "pause";
  // A Ctrl-Z that nobody could undo. The kernel spares orphaned process groups in the same way: setpgid(2).
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
