// Sentences about kept daemons. Pure; the caller makes foreign text printable.
import { formatAge, formatDuration, isAhead } from "../../base/duration.ts";
import type { ObservedDaemon, ObservedPhase, RecordTrouble } from "./observed.ts";
import { isOver } from "./observed.ts";
import type { KeptRun, KeptState } from "../records/kept_state.ts";
import { socketTexts } from "../sockets/kept_socket.ts";

/** How a daemon is protected. */
export type Keeping =
  /** Keeper and guard. */
  | "double"
  /** One of the two was killed: the other acts alone until the next start. */
  | "single"
  /** It runs, and nobody notices its end. */
  | "unkept"
  /** There is nothing to keep. */
  | "none";

export function keepingOf({ program, guard, keeper, acting, phase }: ObservedDaemon): Keeping {
  if (guard && keeper) return "double";
  if (acting) return "single";
  return program || phase === "lost" ? "unkept" : "none";
}

/** How a run ended, in four kinds: `ended normally (exit 0)`, `fatal fault: SEGV (core dumped)`. */
export function endOfRun(run: KeptRun): string {
  const { kind, exitCode, signal, core, by } = run;
  const dumped = core ? " (core dumped)" : "";
  switch (kind) {
    case "normal":
      if (signal === undefined) return `ended normally (exit ${exitCode ?? 0})`;
      return `ended normally (by ${signal}${sender(by)})`;
    case "error":
      return `ended with an error (exit ${exitCode ?? "unknown"})`;
    case "fault":
      return `ended by a fatal fault: ${signal ?? "signal unknown"}${dumped}`;
    case "killed":
      return `was killed by ${signal ?? "a signal"}${dumped}${
        by === undefined ? ", sender unknown" : sender(by)
      }`;
    case "unknown":
      return "ended; its exit status is not known";
  }
}

/** Begins {@link KeptRun.by} where its keeper has ended a run; the reason follows. */
export const BY_KEEPER = "imp keeper: ";

function sender(by: string | undefined): string {
  if (by === undefined) return "";
  if (by.startsWith(BY_KEEPER)) return `, by its keeper: ${by.slice(BY_KEEPER.length)}`;
  return by.startsWith("imp ") ? `, sent by '${by}'` : `, sent by the ${by.replace(/^the /, "")}`;
}

/** The same in a few characters: `exit 3`, `SEGV core`, `KILL oom`, `KILL oom?` if that is a guess. */
export function shortEnd({ kind, exitCode, signal, core, by }: KeptRun): string {
  if (kind === "unknown") return "unknown";
  if (signal === undefined) return `exit ${exitCode ?? "?"}`;
  const oom = by?.startsWith("out-of-memory killer")
    ? by.endsWith("lets suppose") ? " oom?" : " oom"
    : "";
  return `${signal}${core ? " core" : ""}${oom}`;
}

/** Why the program that runs now, or is waited for, is not the first one: one sentence, without full stop. */
export function whyRestarted(state: KeptState): string | undefined {
  const run = state.runs.at(-1);
  if (!run || (state.restarts === 0 && !run.by?.startsWith("imp restart"))) return undefined;
  const times = state.restarts === 0
    ? "restarted"
    : state.restarts === 1
    ? "restarted once"
    : `restarted ${state.restarts} times`;
  if (state.startedFor !== undefined) {
    return `${times}, ${state.restarts > 1 ? "last because" : "because"} ${state.startedFor}`;
  }
  // That is its end, which restarted nothing.
  if (run.by?.startsWith("imp stop")) return times;
  const row = state.failures > 1 ? `, ${state.failures} failures in a row` : "";
  const which = state.restarts > 1 ? "last because" : "because";
  if (run.by?.startsWith(BY_KEEPER)) {
    return `${times}, ${which} its keeper ended it: ${run.by.slice(BY_KEEPER.length)}`;
  }
  if (run.by?.startsWith("imp ") && run.kind !== "error") return `${times}, last by '${run.by}'`;
  const start = run.failedStart ? " before it was ready or had run long enough" : "";
  return `${times}, ${which} it ${endOfRun(run)} after ${lasting(run)}${start}${row}`;
}

export function lasting({ startedAt, endedAt }: KeptRun): string {
  return isAhead(startedAt, endedAt)
    ? "an unknown time (the clock was set back)"
    : formatDuration(Math.max(0, endedAt - startedAt));
}

/** What it is doing, in a sentence. @param now milliseconds since the epoch */
export function phaseSentence(daemon: ObservedDaemon, now: number): string {
  const { phase, state, intent, rebooted, program, settings } = daemon;
  const since = (at: number | undefined) =>
    at === undefined || isAhead(at, now) ? "" : ` for ${formatAge(at, now)}`;
  switch (phase) {
    case "starting":
      return `starting${since(state?.startedAt)}: it is not ready yet`;
    case "running":
      if (state && isOver(state.phase)) {
        return `running, although it was noted as ${state.phase}: pid ${program?.pid}`;
      }
      return `running${since(state?.startedAt)}${
        state?.stopsItself
          ? ", stopping by itself"
          : state?.reloading
          ? ", reading its settings again"
          : ""
      }`;
    case "stopping":
      return `stopping${
        intent?.wanted === "stop"
          ? sender(intent.by).replace("sent by", "by")
          : sender(state?.endedBy)
      }`;
    case "waiting":
      return `waiting for the next start${inTime(state?.nextStartAt, now)}`;
    case "scheduled":
      return `scheduled: it runs next${inTime(state?.nextRunAt, now).replace(/^,/, "")}`;
    case "listening":
      return `listening on ${socketTexts(settings?.sockets ?? [])}`;
    case "watching":
      return `watching: it runs ${state?.runs.length ? "again " : ""}when ${
        watchedText(daemon)
      } changes`;
    case "pending":
      return `pending: ${state?.reason ?? "its start is waiting"}${since(state?.pendingSince)}`;
    case "stopped":
      if (intent?.wanted === "stop") return `stopped by '${intent.by}'`;
      if (rebooted && intent?.atBoot === false) {
        return "not started since the machine was booted: it is disabled";
      }
      return state?.reason
        ? `stopped${
          state.reason.startsWith(BY_KEEPER) ? sender(state.reason) : `: ${state.reason}`
        }`
        : "stopped";
    case "finished":
      return "finished: it has ended, and is not to be restarted";
    case "failed":
      return `failed${state?.reason ? `: ${state.reason}` : ""}`;
    case "ended":
      return "it has ended, and its keeper has not recorded that yet";
    case "lost":
      if (state?.phase === "scheduled") return lostSchedule(rebooted);
      if (state?.phase === "watching" || state?.phase === "pending") return lostEvents(rebooted);
      if (intent?.wanted === "stop") return `stopped by '${intent.by}'; its end is not on record`;
      return rebooted
        ? "not running: the machine has rebooted since it ran, and nobody has started it again"
        : state
        ? "not running, although it should: it has ended, and so have its keepers"
        : "not running, although it should: what started it was killed before it had keepers";
    case "unknown":
      return "unknown: no record says";
  }
}

/** What it waits for changes of. */
export function watchedText({ settings }: Pick<ObservedDaemon, "settings">): string {
  return settings?.onChange?.paths.join(" or ") ?? "what it watches";
}

function lostSchedule(rebooted: boolean): string {
  return rebooted
    ? "not scheduled: the machine has rebooted, and nobody has started it again"
    : "not scheduled, although it should: its keepers have ended";
}

function lostEvents(rebooted: boolean): string {
  return rebooted
    ? "no longer waiting: the machine has rebooted, and nobody has started it again"
    : "no longer waiting, although it should be: its keepers have ended";
}

function inTime(at: number | undefined, now: number): string {
  if (at === undefined) return "";
  return at <= now ? ", due now" : `, in ${formatDuration(at - now)}`;
}

/** Whether it is as its owner wants it: nothing to look at. */
export function isWell(daemon: ObservedDaemon): boolean {
  const { phase, state, troubles } = daemon;
  const kept = keepingOf(daemon);
  if (kept === "unkept" || kept === "single" || troubles.some(isSerious)) return false;
  if (isUnhealthy(daemon)) return false;
  if (phase === "running" || phase === "starting") return !state || !isOver(state.phase);
  // Whoever ended its last run on purpose had no complaint.
  if (["scheduled", "listening", "watching"].includes(phase)) return state?.reason === undefined;
  return phase === "stopped" || phase === "stopping" ||
    (phase === "finished" && state?.runs.at(-1)?.kind !== "error");
}

/** It runs, but probes show that it does not work. */
export function isUnhealthy({ phase, state }: Pick<ObservedDaemon, "phase" | "state">): boolean {
  return phase === "running" && state?.health?.state === "unhealthy";
}

/** A missing record is not serious: `start` writes one after the other. */
export function isSerious({ is }: RecordTrouble): boolean {
  return is !== "missing";
}

/** What is wrong with a record, as a sentence. */
export function troubleSentence({ record, is, why }: RecordTrouble): string {
  const file = `${record}.json`;
  if (is === "missing") return `${file} is missing`;
  return `${file} ${is === "unreadable" ? "cannot be read" : `is ${is}`}${why ? `: ${why}` : ""}`;
}

/** Who keeps it, in a sentence; undefined if there is nothing to keep. */
export function keepingSentence(daemon: ObservedDaemon): string | undefined {
  const { guard, keeper, name } = daemon;
  switch (keepingOf(daemon)) {
    case "double":
      return `keeper ${keeper!.pid}, guard ${guard!.pid}`;
    case "single":
      return keeper
        ? `keeper ${keeper.pid} alone, its guard is gone; ${again(name)}`
        : `guard ${guard!.pid} alone, its keeper is gone; ${again(name)}`;
    case "unkept":
      return `nobody: keeper and guard are gone; 'imp start ${name}' keeps it again`;
    case "none":
      return undefined;
  }
}

function again(name: string): string {
  return `the next start brings another one: imp restart ${name}`;
}

/** The exit status of `imp status`, as in LSB: 0 runs, 1 dead although it should run, 3 not running, 4 unknown. */
export function lsbStatus(phase: ObservedPhase): 0 | 1 | 3 | 4 {
  switch (phase) {
    case "running":
    case "starting":
    case "stopping":
    case "scheduled":
    case "listening":
    case "watching":
      return 0;
    case "lost":
    case "ended":
      return 1;
    case "waiting":
    case "pending":
    case "stopped":
    case "finished":
    case "failed":
      return 3;
    case "unknown":
      return 4;
  }
}

/** The worst of several: unknown, then dead, then not running. */
export function worstStatus(statuses: readonly number[]): number {
  for (const one of [4, 1, 3]) if (statuses.includes(one)) return one;
  return 0;
}
