// Pure: events, derived from what a turn finds.
import type { KeptEvent } from "./kept_event.ts";
import type { WaiterCounts } from "../waiter/page_types.ts";
import type { WaiterEvent } from "../waiter/page_layout.ts";
import { isOver } from "../observe/observed.ts";
import type { Intent } from "../records/intent.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptRun, KeptState } from "../records/kept_state.ts";
import { formatDuration } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";

export interface TurnFacts {
  readonly state: KeptState;
  readonly intent: Pick<Intent, "wanted" | "startSerial" | "at" | "stopped">;
  readonly settings: Pick<
    KeptSettings,
    | "forking"
    | "readyTimeoutMs"
    | "startMs"
    | "maxLifetimeMs"
    | "maxRssBytes"
    | "watchdogMs"
    | "schedule"
  >;
  readonly pending: readonly WaiterEvent[];
  /** The signal behind `asked`. */
  readonly signal: string;
  /** The program has ended. */
  readonly end?: {
    readonly run: KeptRun;
    readonly left: boolean;
    readonly told: boolean;
    readonly served?: boolean;
  };
  /** The program is another process from now on. */
  readonly heir?: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the running program, if needed. */
  readonly ageMs?: number;
  readonly rssBytes?: number;
  /** It has missed its watchdog ping. */
  readonly silent?: boolean;
  /** A watched file has changed. */
  readonly changed?: string;
  /** For a waiting start: it may continue, or why not. */
  readonly awaited?: "met" | { readonly reason: string };
}

/** In order of handling. */
export function turnEvents(facts: TurnFacts): KeptEvent[] {
  const { state, intent, end, heir, pending } = facts;
  const events: KeptEvent[] = [];
  if (heir) events.push({ type: "handed-over", program: heir });
  const ended: KeptEvent[] = end ? [endedBy(end, intent)] : [];
  // If it ended before somebody requested that, the end is its own; so is one without a known time.
  const before = end !== undefined && (!end.told || end.run.endedAt < intent.at);
  if (before) events.push(...ended);
  if (pending.includes("asked")) events.push({ type: "asked", signal: facts.signal });
  if (intent.wanted === "stop") events.push({ type: "wanted-stop" });
  else if (intent.startSerial > state.startSerial) events.push({ type: "wanted-start" });
  if (!before) events.push(...ended);
  return [
    ...[...events, ...bySchedule(facts), ...inTime(facts), ...overdue(facts)],
    ...byFileEvents(facts),
  ];
}

/** A stop that ended it may have been followed by a start before anybody could look. */
function endedBy(
  { run, left, told, served }: NonNullable<TurnFacts["end"]>,
  { stopped, at }: TurnFacts["intent"],
): KeptEvent {
  const wanted = stopped !== undefined && told && run.endedAt >= stopped.at && run.endedAt < at;
  if (!wanted) return { type: "ended", run, left, served };
  return { type: "ended", run: { ...run, by: run.by ?? stopped.by }, left, wanted };
}

/** Before the next restart: a scheduled run replaces it. */
function bySchedule({ state, settings, now }: TurnFacts): KeptEvent[] {
  const { phase, nextRunAt } = state;
  // One that has lost its settings learns so at its time.
  if ((!settings.schedule && phase !== "scheduled") || isOver(phase)) return [];
  return [{ type: nextRunAt !== undefined && now >= nextRunAt ? "occurs" : "reckon" }];
}

function byFileEvents({ changed, awaited }: TurnFacts): KeptEvent[] {
  const events: KeptEvent[] = changed === undefined ? [] : [{ type: "changed", path: changed }];
  if (awaited === undefined) return events;
  return [...events, awaited === "met" ? { type: "met" } : { type: "held", ...awaited }];
}

function inTime({ state, settings, pending, now, heir }: TurnFacts): KeptEvent[] {
  const { phase, nextStartAt = now, startedAt = now, program, handedOver } = state;
  // Then the timer is set for this alone: the clock may have been set back.
  if (phase === "waiting") {
    return pending.includes("timer") || now >= nextStartAt ? [{ type: "due" }] : [];
  }
  const forks = phase === "starting" && program && settings.forking && !handedOver && !heir;
  if (!forks || now < startedAt + settings.readyTimeoutMs) return [];
  const within = formatDuration(settings.readyTimeoutMs);
  return [{
    type: "not-ready",
    reason: `not ready within ${within}: its first process has not ended`,
  }];
}

function overdue({ state, settings, ageMs, rssBytes, silent }: TurnFacts): KeptEvent[] {
  if (state.phase !== "running") return [];
  const { maxLifetimeMs, maxRssBytes } = settings;
  const watchdogMs = settings.watchdogMs && (state.watchdogMs || settings.watchdogMs);
  if (watchdogMs !== undefined && (silent || state.hung)) {
    const by = `imp keeper: no WATCHDOG=1 for ${formatDuration(watchdogMs)}`;
    return [{ type: "overdue", by, recycle: false }];
  }
  if (maxLifetimeMs !== undefined && ageMs !== undefined && ageMs >= maxLifetimeMs) {
    const by = `imp keeper: --max-lifetime ${formatDuration(maxLifetimeMs)}`;
    return [{ type: "overdue", by, recycle: true }];
  }
  if (maxRssBytes !== undefined && rssBytes !== undefined && rssBytes > maxRssBytes) {
    const by = `imp keeper: --max-rss ${formatSize(maxRssBytes)}, it has ${formatSize(rssBytes)}`;
    // One that begins too large would be replaced without end: it has failed to start.
    return [{ type: "overdue", by, recycle: !(ageMs !== undefined && ageMs < settings.startMs) }];
  }
  return [];
}

/** Pure: the events that were raised and not handled. */
export function raisedSince(raised: WaiterCounts, seen: WaiterCounts): WaiterEvent[] {
  return (Object.keys(raised) as WaiterEvent[]).filter((event) => raised[event] !== seen[event]);
}
