import type { Intent } from "../../keeper/records/intent.ts";
import { readIntentRecord } from "../../keeper/records/reading.ts";
import type { KeptHealth } from "../../keeper/health/kept_health.ts";
import type { KeptRun } from "../../keeper/records/kept_state.ts";
import { atBootOf } from "../../keeper/boot/at_boot.ts";
import { isOver } from "../../keeper/observe/observed.ts";
import { socketText } from "../../keeper/sockets/kept_socket.ts";
import { isWell, keepingOf, shortEnd } from "../../keeper/observe/words.ts";
import type { ListedDaemon } from "./words.ts";

// docs/list.md describes these objects: names are only ever added.

/** A list does not read it for daemons that are as they should be. */
function intentOf(directory: string): Intent | undefined {
  const reading = readIntentRecord(directory);
  return reading.is === "read" ? reading.value : undefined;
}

/** One daemon of a list. @param now milliseconds since the epoch, when it was looked at */
export function listedJson(
  { facts: { daemon, usage, sockets, notes }, user, cpuPercent }: ListedDaemon,
  now: number,
): Record<string, unknown> {
  const { name, directory, phase, program, guard, keeper, state, settings } = daemon;
  const run = state?.runs.at(-1);
  return {
    at: now,
    name,
    ...(user === undefined ? {} : { user }),
    state: phase,
    well: isWell(daemon) && notes.length === 0,
    pid: program?.pid ?? null,
    startTicks: program?.startTicks ?? null,
    startedAt: state?.startedAt ?? null,
    readyAt: state?.readyAt ?? null,
    nextStartAt: (phase === "waiting" ? state?.nextStartAt : undefined) ?? null,
    nextRunAt: (isOver(phase) ? undefined : state?.nextRunAt) ?? null,
    ...(settings?.sockets ? { sockets: settings.sockets.map(socketText) } : {}),
    ...(sockets ? { connections: { open: sockets.open, waiting: sockets.waiting } } : {}),
    health: program && state?.health ? healthJson(state.health) : null,
    lastChange: state?.changes?.last ?? null,
    restarts: state?.restarts ?? null,
    failures: state?.failures ?? null,
    processes: usage?.pids.length ?? 0,
    cpuMs: usage === undefined ? null : Math.round(usage.cpuMs),
    ...(cpuPercent === undefined ? {} : { cpuPercent: Math.round(cpuPercent * 10) / 10 }),
    rssBytes: usage?.rssBytes ?? null,
    lastRun: run === undefined ? null : runJson(run),
    atBoot: atBootOf(daemon.intent ?? intentOf(directory)),
    kept: keepingOf(daemon),
    keeper: keeper?.pid ?? null,
    guard: guard?.pid ?? null,
    statusText: state?.statusText ?? null,
    reason: state?.reason ?? null,
    notes: notes.map(({ short }) => short),
    directory,
  };
}

function healthJson({ state, since, failures, reason }: KeptHealth): Record<string, unknown> {
  return { state, since, failures, reason: reason ?? null };
}

export function runJson(run: KeptRun): Record<string, unknown> {
  return {
    pid: run.pid,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    kind: run.kind,
    exitCode: run.exitCode ?? null,
    signal: run.signal ?? null,
    core: run.core,
    by: run.by ?? null,
    short: shortEnd(run),
    failedStart: run.failedStart,
    cpuMs: run.cpuMs ?? null,
    maxRssBytes: run.maxRssBytes ?? null,
    lastLines: run.lastLines,
  };
}
