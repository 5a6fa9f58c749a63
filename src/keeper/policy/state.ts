// What becomes of a kept daemon, as a table: phase × event -> state and actions. Touches no process.
import type { KeptAction, KeptEvent, KeptRules, KeptStep } from "./kept_event.ts";
import { type KeptPhase, type KeptState, MOST_RUNS } from "../records/kept_state.ts";
import { endTree, NO_COUNTS, NO_RUN, over, stay } from "./state_parts.ts";
import {
  atRest,
  occursAtRest,
  occursInStop,
  occursInTime,
  reckoned,
  scheduledAnew,
} from "../schedule/cells.ts";
import { afterServing, called, due, idle, listening } from "../sockets/cells.ts";
import { judgedHealth, neverHealthy } from "../health/cells.ts";
import { healthAtReady } from "../health/kept_health.ts";
import { awaitsReadiness } from "../records/kept_settings.ts";
import {
  changesAtRest,
  changesInStop,
  changesInTime,
  isHeld,
  isMet,
  postponed,
  restsForChange,
  startedByChange,
} from "../events/cells.ts";
import { type EndedRun, judgeAttempt, runHasFailed } from "./restart_policy.ts";

type Of<T extends KeptEvent["type"]> = Extract<KeptEvent, { type: T }>;
type Cell<T extends KeptEvent["type"]> = (
  state: KeptState,
  event: Of<T>,
  rules: KeptRules,
) => KeptStep;
type Row = { readonly [T in KeptEvent["type"]]?: Cell<T> };

/** While its program runs, or is being started. */
const UP: Row = {
  "wanted-start": (state, _, { intent }) => endTree(state, "restart", intent.by),
  "wanted-stop": (state, _, { intent }) => endTree(state, "leave", intent.by),
  asked: (state, { signal }) => endTree(state, "leave", `imp keeper: it got ${signal}`),
  "handed-over": handOver,
  ended: afterEnd,
  // A run of a schedule is limited by that, and not replaced.
  overdue: (state, { by, recycle }, { times }) =>
    endTree(state, recycle && !times ? "recycle" : undefined, by),
  occurs: occursInTime,
  reckon: reckoned,
  idle,
  changed: changesInTime,
};

/** Nothing runs, until its time, a change, or what it waits for. */
const REST: Row = {
  "wanted-start": startAnew,
  "wanted-stop": (state, _, rules) => stopped(state, rules),
  asked: (state, { signal }, rules) => stopped(state, rules, `${signal} was sent to its keeper`),
  occurs: occursAtRest,
  reckon: reckoned,
};

/** Nothing runs, and nothing is started before somebody requests it. */
const OVER: Row = {
  "wanted-start": startAnew,
};

const TABLE: Readonly<Record<KeptPhase, Row>> = {
  starting: {
    ...UP,
    started: (state, { program }, rules) => up({ ...state, program }, rules),
    "start-failed": afterFailedStart,
    held: isHeld,
    ready: runs,
    "not-ready": (state, { reason }) =>
      endTree({ ...state, reason }, undefined, `imp keeper: ${reason}`),
  },
  running: { ...UP, judged: judgedHealth },
  stopping: {
    // A requested start follows when the tree is gone; a requested stop cancels that.
    "wanted-start": (state) => stay({ ...state, next: "restart" }),
    "wanted-stop": (state, _, { intent }) => endTree(state, "leave", intent.by),
    asked: (state) => stay({ ...state, next: "leave" }),
    ended: noteRun,
    empty: (state, _, rules) => afterTree(state, rules),
    stuck: afterStuckTree,
    occurs: occursInStop,
    reckon: reckoned,
    changed: changesInStop,
  },
  waiting: {
    ...REST,
    due,
    changed: changesAtRest,
  },
  scheduled: REST,
  listening: { ...REST, called },
  watching: { ...REST, changed: changesAtRest },
  pending: { ...REST, held: isHeld, met: isMet },
  stopped: OVER,
  finished: OVER,
  failed: OVER,
};

/** The next step. An event without a cell changes nothing. */
export function nextKeptStep(state: KeptState, event: KeptEvent, rules: KeptRules): KeptStep {
  const cell = TABLE[state.phase][event.type] as Cell<KeptEvent["type"]> | undefined;
  return cell ? cell(state, event as never, rules) : stay(state);
}

/** For a daemon without earlier state: the first event is a start. */
export function firstKeptState(bootId: string): KeptState {
  return {
    schema: 1,
    phase: "stopped",
    bootId,
    intentSerial: 0,
    startSerial: 0,
    restarts: 0,
    failures: 0,
    restartTimes: [],
    runs: [],
  };
}

/** A requested start is never limited, and forgets earlier counts. */
function startAnew(state: KeptState, _: unknown, rules: KeptRules): KeptStep {
  const { intent } = rules;
  const next: KeptState = {
    ...state,
    ...NO_RUN,
    ...NO_COUNTS,
    phase: "starting",
    intentSerial: intent.serial,
    startSerial: intent.startSerial,
    startedAt: undefined,
    nextStartAt: undefined,
    next: undefined,
    reason: undefined,
    ...{ queued: undefined, pendingSince: undefined },
  };
  if (rules.onDemand) return stay(listening(next));
  if (rules.settings.onChange?.postponed && !intent.runNow) return stay(postponed(next));
  return stay(rules.times ? scheduledAnew(next, rules, rules.times) : next);
}

function up(state: KeptState, rules: KeptRules): KeptStep {
  const { forking } = rules.settings;
  if (awaitsReadiness(rules.settings) || (forking && !state.handedOver)) return stay(state);
  return runs(state, undefined, rules);
}

function runs(state: KeptState, _: unknown, { now, settings }: KeptRules): KeptStep {
  const health = healthAtReady(settings.health, now);
  const next: KeptState = { ...state, phase: "running", readyAt: now, reason: undefined, health };
  return { state: next, actions: settings.hooks.post ? [{ do: "run-hook", hook: "post" }] : [] };
}

function handOver(state: KeptState, { program }: Of<"handed-over">, rules: KeptRules): KeptStep {
  const next = { ...state, program, handedOver: true };
  return state.phase === "starting" ? up(next, rules) : stay(next);
}

function afterEnd(state: KeptState, event: Of<"ended">, rules: KeptRules): KeptStep {
  const { state: noted, actions } = noteRun(state, event, rules);
  if (event.left) return { state: { ...noted, phase: "stopping" }, actions };
  const after = afterTree(noted, rules);
  return { state: after.state, actions: [...actions, ...after.actions] };
}

/** Records a run. Whoever ended it on purpose had no complaint. */
function noteRun(
  state: KeptState,
  { run: given, wanted = isWanted(state), served }: Of<"ended">,
  { settings }: KeptRules,
): KeptStep {
  // A fault is its own, even if somebody was about to end it.
  const by = given.by ?? (given.kind === "fault" ? undefined : state.endedBy);
  // One that served its connections may finish quickly.
  const soon = served && given.kind === "normal" && state.readyAt !== undefined;
  const unsound = served === false || neverHealthy(state);
  const failedStart = (unsound || given.failedStart && !soon) && !wanted;
  const run = { ...given, ...by === undefined ? {} : { by }, failedStart };
  const runs = [...state.runs, run].slice(-MOST_RUNS);
  const unserved = served === false && !wanted ? (state.unserved ?? 0) + 1 : undefined;
  const next = { ...state, program: undefined, runs, unserved };
  const fails = (runHasFailed(run) || wasEndedForFault(state)) && !wanted;
  return {
    state: next,
    actions: fails && settings.hooks.onFail ? [{ do: "run-hook", hook: "onFail" }] : [],
  };
}

/** Its end was wanted: by a command, a signal to its keeper, or its time limit. */
function isWanted({ phase, next }: KeptState): boolean {
  return phase === "stopping" && next !== undefined;
}

/** Its keeper ended it because something was wrong, whatever its exit status. */
function wasEndedForFault({ phase, next, endedBy }: KeptState): boolean {
  return phase === "stopping" && next === undefined && endedBy !== undefined;
}

/** What to do when the tree is gone. */
function afterTree(state: KeptState, rules: KeptRules): KeptStep {
  const { intent } = rules;
  if (intent.wanted === "stop") return stopped(state, rules);
  if (intent.startSerial > state.startSerial) return startAnew(state, undefined, rules);
  if (state.next === "leave") return stopped(state, rules, state.endedBy);
  if (state.next === "restart") return startAnew(state, undefined, rules);
  if (state.next === "listen") return stay(listening(state));
  if (state.next === "run") {
    if (rules.settings.onChange) return stay(startedByChange(state));
    return stay({ ...state, ...NO_RUN, ...NO_COUNTS, phase: "starting", next: undefined });
  }
  const run = state.runs.at(-1);
  const lastedMs = run ? run.endedAt - run.startedAt : 0;
  const failedStart = run?.failedStart ?? true;
  if (state.next !== "recycle") {
    const { kind = "unknown" } = run ?? {};
    const judged = kind === "normal" && wasEndedForFault(state) ? "error" : kind;
    return byPolicy(state, { kind: judged, failedStart, lastedMs }, rules);
  }
  // Ended for its age or size, whatever the status: the next one is wanted, unless there are no restarts at all.
  const { restart } = rules.settings;
  const settings = { ...rules.settings, restart: restart === "no" ? restart : "always" } as const;
  const attempt = { kind: "normal", failedStart, lastedMs } as const;
  return byPolicy(state, attempt, { ...rules, settings });
}

/** Nothing of it ran. If a command started it, it has failed for good: nothing of it is left then. */
function afterFailedStart(
  state: KeptState,
  { reason }: Of<"start-failed">,
  rules: KeptRules,
): KeptStep {
  const actions: readonly KeptAction[] = rules.settings.hooks.onFail
    ? [{ do: "run-hook", hook: "onFail" }]
    : [];
  const next = { ...state, ...NO_RUN };
  if (rules.intent.wanted === "stop") return { ...stopped(next, rules), actions };
  if (rules.intent.startSerial > state.startSerial) {
    return { ...startAnew(next, undefined, rules), actions };
  }
  const { settings } = rules;
  const isFirst = state.restarts === 0 && !rules.times && !rules.onDemand && !settings.onChange;
  if (isFirst) return { state: over(next, "failed", reason), actions };
  const attempt = { kind: "error", failedStart: true, lastedMs: 0 } as const;
  const step = byPolicy({ ...next, reason }, attempt, rules);
  return { state: step.state, actions: [...actions, ...step.actions] };
}

function byPolicy(
  state: KeptState,
  attempt: EndedRun,
  rules: KeptRules,
): KeptStep {
  const { settings, random, now, times } = rules;
  const verdict = judgeAttempt(attempt, state, settings, now, random);
  if (times) {
    const rest = atRest(state, verdict, now, times);
    if (rest) return stay(rest);
  }
  const next = rules.onDemand ? afterServing(state, verdict) : undefined;
  if (next) return stay(next);
  const rest = settings.onChange && restsForChange(state, verdict);
  if (rest) return stay(rest);
  if (verdict.is === "finished") return stay(over(state, "finished"));
  if (verdict.is === "failed") {
    const reason = state.reason ? `${verdict.reason}; ${state.reason}` : verdict.reason;
    return stay(over(state, "failed", reason));
  }
  const { inMs, counts } = verdict;
  const again = { ...state, ...NO_RUN, next: undefined, ...counts };
  return stay(
    inMs > 0
      ? { ...again, phase: "waiting", nextStartAt: now + inMs }
      : { ...again, phase: "starting", nextStartAt: undefined },
  );
}

function afterStuckTree(state: KeptState, { who }: Of<"stuck">, rules: KeptRules): KeptStep {
  const reason = `${who} cannot be ended`;
  const wantsStop = rules.intent.wanted === "stop" || state.next === "leave";
  return wantsStop
    ? stopped(state, rules, reason)
    : stay(over(state, "failed", `${reason}, and a second copy is not started beside it`));
}

function stopped(state: KeptState, { intent }: KeptRules, reason?: string): KeptStep {
  return stay({ ...over(state, "stopped", reason), intentSerial: intent.serial });
}
