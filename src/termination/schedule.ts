// How a tree is ended, as a table: state × event -> state and action. Touches no process.
import { SIGKILL } from "../libc/abi.ts";

/** Send a signal, then wait for it to take effect. */
export interface StopStep {
  readonly signal: number;
  /** Milliseconds until the next step. */
  readonly wait: number;
}

/** How the processes of a tree are asked to end. After the last step they are killed, repeatedly. */
export interface StopSchedule {
  readonly steps: readonly StopStep[];
  /**
   * How many looks in a row must find nobody; 1 by default. A process known by a tag has none yet between fork and
   * exec.
   */
  readonly quietLooks?: number;
  /** After so many KILLs, the survivors are those that imp may not kill or the kernel cannot end; 500 by default. */
  readonly mostKills?: number;
}

/** Times are milliseconds on the clock of runtime.now(). */
interface Times {
  /** When the next signal is sent. */
  readonly due: number;
  /** The latest time for the next look. */
  readonly lookAt: number;
}

/**
 * `asking`: going through the steps; `killing`: they were not enough; `over`: nobody is left, or nobody who can be
 * ended.
 */
export type TerminationState =
  /** @field taken steps taken; @field quiet looks in a row that found nobody */
  | { readonly phase: "asking"; readonly taken: number; readonly quiet: number } & Times
  | { readonly phase: "killing"; readonly kills: number; readonly quiet: number } & Times
  /** @field empty nobody is left */
  | { readonly phase: "over"; readonly empty: boolean };

/**
 * What a look found. `unproven`: nobody, but somebody is known to be there; `refused`: only processes that may not be
 * signalled; `newcomers`: also some that have not got the last signal.
 */
export type LookFinding = "nobody" | "unproven" | "refused" | "known" | "newcomers";

export type TerminationEvent =
  | { readonly type: "look"; readonly now: number; readonly found: LookFinding }
  /** Whoever has not ended is killed at once. */
  | { readonly type: "hurry"; readonly now: number }
  /** Nobody could act for so many milliseconds. */
  | { readonly type: "postpone"; readonly ms: number };

export type TerminationAction =
  | { readonly do: "nothing" }
  | { readonly do: "signal"; readonly signal: number }
  /** Sends the last signal to those who have not got it. */
  | { readonly do: "signal-newcomers" };

export interface TerminationStep {
  readonly state: TerminationState;
  readonly action: TerminationAction;
}

type Of<T extends TerminationEvent["type"]> = Extract<TerminationEvent, { type: T }>;
type Phase<P extends TerminationState["phase"]> = Extract<TerminationState, { phase: P }>;
type Busy = Phase<"asking" | "killing">;
type Row<S> = {
  readonly [T in TerminationEvent["type"]]?: (
    state: S,
    event: Of<T>,
    schedule: StopSchedule,
  ) => TerminationStep;
};

/** The interval of further KILLs, for processes born meanwhile. */
const KILL_AGAIN_MS = 10;
const MOST_KILLS = 500;
/** Another user's process may end by itself once those below it have been killed, as sudo does. Not forever. */
const MOST_KILLS_REFUSED = 20;
/** The pause after a look that found nobody. */
const QUIET_MS = 5;

const EMPTY: TerminationStep = stay({ phase: "over", empty: true });
const GIVEN_UP: TerminationStep = stay({ phase: "over", empty: false });

const TABLE: { readonly [P in TerminationState["phase"]]: Row<Phase<P>> } = {
  asking: {
    look: (state, event, schedule) => afterLook(state, event, schedule, takeStep),
    hurry: (_, { now }) => stay({ phase: "killing", kills: 0, quiet: 0, due: now, lookAt: now }),
    postpone: (state, { ms }) => stay(later(state, ms)),
  },
  killing: {
    look: (state, event, schedule) =>
      event.found === "refused" && state.kills >= MOST_KILLS_REFUSED
        ? GIVEN_UP
        : afterLook(state, event, schedule, kill),
    hurry: (state, { now }) => stay({ ...state, due: now, lookAt: now }),
    postpone: (state, { ms }) => stay(later(state, ms)),
  },
  over: {},
};

/** @param due when to take the first step */
export function firstTerminationState(due: number): TerminationState {
  return { phase: "asking", taken: 0, quiet: 0, due, lookAt: due };
}

/** The next step. An event without a cell changes nothing. */
export function nextTerminationStep(
  state: TerminationState,
  event: TerminationEvent,
  schedule: StopSchedule,
): TerminationStep {
  const row = TABLE[state.phase] as Row<TerminationState>;
  const cell = row[event.type] as
    | ((
      state: TerminationState,
      event: TerminationEvent,
      schedule: StopSchedule,
    ) => TerminationStep)
    | undefined;
  return cell ? cell(state, event, schedule) : stay(state);
}

function afterLook<S extends Busy>(
  state: S,
  { now, found }: Of<"look">,
  schedule: StopSchedule,
  go: (state: S, now: number, schedule: StopSchedule) => TerminationStep,
): TerminationStep {
  if (found === "nobody" || found === "unproven") {
    const quiet = found === "nobody" ? state.quiet + 1 : 0;
    if (quiet >= (schedule.quietLooks ?? 1)) return EMPTY;
    return stay({ ...state, quiet, lookAt: now + QUIET_MS });
  }
  if (now >= state.due) return go(state, now, schedule);
  const action: TerminationAction = found === "newcomers"
    ? { do: "signal-newcomers" }
    : { do: "nothing" };
  return { state: { ...state, quiet: 0, lookAt: state.due }, action };
}

function takeStep(state: Phase<"asking">, now: number, schedule: StopSchedule): TerminationStep {
  const step = schedule.steps[state.taken];
  if (!step) return kill({ ...state, phase: "killing", kills: 0 }, now, schedule);
  const { signal, wait } = step;
  const due = now + wait;
  return {
    state: { phase: "asking", taken: state.taken + 1, quiet: 0, due, lookAt: due },
    action: { do: "signal", signal },
  };
}

function kill(
  { kills }: Phase<"killing">,
  now: number,
  { mostKills }: StopSchedule,
): TerminationStep {
  if (kills >= (mostKills ?? MOST_KILLS)) return GIVEN_UP;
  const due = now + KILL_AGAIN_MS;
  return {
    state: { phase: "killing", kills: kills + 1, quiet: 0, due, lookAt: due },
    action: { do: "signal", signal: SIGKILL },
  };
}

function later<S extends Busy>(state: S, ms: number): S {
  return { ...state, due: state.due + ms, lookAt: state.lookAt + ms };
}

function stay(state: TerminationState): TerminationStep {
  return { state, action: { do: "nothing" } };
}
