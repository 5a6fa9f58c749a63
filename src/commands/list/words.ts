import { formatAge, formatDuration, isAhead } from "../../base/duration.ts";
import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import type { KeptFacts } from "../../keeper/observe/kept_facts.ts";
import type { ObservedPhase } from "../../keeper/observe/observed.ts";
import { healthText } from "../../keeper/health/kept_health.ts";
import { isUnhealthy, isWell, keepingOf, shortEnd } from "../../keeper/observe/words.ts";
import { socketTexts } from "../../keeper/sockets/kept_socket.ts";

/** A daemon of the list. */
export interface ListedDaemon {
  readonly facts: KeptFacts;
  /** Its owner, if requested. */
  readonly user?: string;
  /** Percent of one processor since the last look; undefined if there was none. */
  readonly cpuPercent?: number;
}

/** A program that runs without a keeper is not merely running. */
export function stateWord({ daemon }: KeptFacts): string {
  const { phase } = daemon;
  if (keepingOf(daemon) === "unkept" && phase !== "lost") return "unkept";
  return isUnhealthy(daemon) ? "unhealthy" : phase;
}

const COLORS: Record<ObservedPhase, "green" | "yellow" | "red" | "dim"> = {
  running: "green",
  starting: "yellow",
  stopping: "yellow",
  waiting: "yellow",
  scheduled: "green",
  listening: "green",
  watching: "green",
  pending: "yellow",
  ended: "yellow",
  stopped: "dim",
  finished: "dim",
  failed: "red",
  lost: "red",
  unknown: "red",
};

export function colorOf(facts: KeptFacts, style: Style): (text: string) => string {
  return style[colorWord(facts)];
}

export function colorWord({ daemon }: KeptFacts): "green" | "yellow" | "red" | "dim" {
  const color = COLORS[daemon.phase];
  return color === "green" && !isWell(daemon) ? "yellow" : color;
}

export function upText({ daemon: { program, state } }: KeptFacts, now: number): string {
  return program && state?.startedAt !== undefined ? age(state.startedAt, now) : "-";
}

export function cpuText({ facts: { usage }, cpuPercent }: ListedDaemon): string {
  if (cpuPercent !== undefined) return `${cpuPercent.toFixed(cpuPercent < 9.95 ? 1 : 0)}%`;
  return usage === undefined ? "-" : brief(usage.cpuMs);
}

export function lastExit({ daemon: { state } }: KeptFacts): string {
  const run = state?.runs.at(-1);
  return run ? printable(shortEnd(run)) : "-";
}

export function endedText({ daemon: { state } }: KeptFacts, now: number): string {
  const run = state?.runs.at(-1);
  return run ? age(run.endedAt, now) : "-";
}

/** @param next whether to include the next run */
export function noteText(facts: KeptFacts, now: number, next = true): string {
  const { daemon, notes } = facts;
  const { phase, state, rebooted } = daemon;
  // The usual case.
  const isPlain = phase === "running" && notes.length === 0 && state?.nextRunAt === undefined &&
    state?.health === undefined && facts.sockets === undefined;
  if (isPlain) return "";
  const words = notes.map(({ short }) => short).filter((short) => short !== "unkept");
  if (next && phase === "waiting" && state?.nextStartAt !== undefined) {
    const wait = state.nextStartAt - now;
    words.unshift(wait > 0 ? `next start in ${brief(wait)}` : "next start due");
  }
  // Between two runs and during them.
  if (
    next && state?.nextRunAt !== undefined && ["scheduled", "running", "starting"].includes(phase)
  ) {
    const wait = state.nextRunAt - now;
    words.unshift(wait > 0 ? `next run in ${brief(wait)}` : "next run due");
  }
  words.unshift(...socketWords(facts));
  if (state?.health && isUnhealthy(daemon)) {
    const { health } = state;
    const since = isAhead(health.since, now) ? "" : ` ${age(health.since, now)} ago`;
    words.unshift(`${printable(healthText(health).replace(/^unhealthy: /, ""))}${since}`);
  }
  if (["scheduled", "listening", "watching"].includes(phase) && state?.reason) {
    words.push(printable(state.reason));
  }
  if (phase === "pending" && state?.reason) words.unshift(printable(state.reason));
  if (phase === "lost") {
    const isStopped = daemon.intent?.wanted === "stop";
    words.unshift(
      isStopped ? "stopped, end not on record" : rebooted ? "not started since boot" : "should run",
    );
  }
  if (phase === "failed" && state?.reason) words.unshift(printable(state.reason));
  return words.join(", ");
}

/** Where it listens while nothing runs, and who waits there. */
function socketWords({ daemon: { phase, settings }, sockets }: KeptFacts): string[] {
  const waiting = sockets?.waiting ?? 0;
  return [
    ...phase === "listening" ? [`on ${socketTexts(settings?.sockets ?? [])}`] : [],
    ...waiting > 0 ? [`${waiting} waiting`] : [],
  ];
}

function age(at: number, now: number): string {
  return oneField(formatAge(at, now));
}

function brief(ms: number): string {
  return oneField(formatDuration(ms > 0 ? ms : 0));
}

/** awk(1) splits fields at spaces. */
function oneField(text: string): string {
  return text.replace(" ", "");
}
