import { formatAge, formatDuration, isAhead } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { cutToWidth, wrapText } from "../../cli/table.ts";
import { proseWidth } from "../../cli/width.ts";
import { healthText } from "../../keeper/health/kept_health.ts";
import type { KeptFacts } from "../../keeper/observe/kept_facts.ts";
import type { KeptLog } from "../../keeper/kept_logs.ts";
import type { KeptRun } from "../../keeper/records/kept_state.ts";
import { settingRows, waiterText } from "../../keeper/observe/settings_words.ts";
import { isOver } from "../../keeper/observe/observed.ts";
import {
  endOfRun,
  isUnhealthy,
  isWell,
  keepingOf,
  keepingSentence,
  lasting,
  lsbStatus,
  phaseSentence,
  whyRestarted,
} from "../../keeper/observe/words.ts";
import { atBootOf } from "../../keeper/boot/at_boot.ts";
import { localTime } from "../../libc/time.ts";
import type { StatusDetails, StatusProcess } from "./details.ts";

const LABEL = 12;
const MOST_RUNS_SHOWN = 5, MOST_LINES_SHOWN = 3, MOST_PROCESSES = 15;

/** A page about one daemon. */
export function statusView(
  facts: KeptFacts,
  { logs, tree, waiter, limits, failedTurns }: StatusDetails,
  now: number,
  style: Style,
  width: number,
): string[] {
  const { daemon, usage, notes } = facts;
  const { name, state, settings, program, phase } = daemon;
  const prose = proseWidth(width);
  const row = (label: string, text: string | undefined, color = plain) =>
    text === undefined || text === ""
      ? []
      : wrapText(printable(text), prose - LABEL - 2).map((line, i) =>
        `  ${(i > 0 ? "" : label).padEnd(LABEL - 1)} ${color(line)}`
      );
  const main = tree.find(({ pid }) => pid === program?.pid);
  const run = state?.runs.at(-1);
  const kept = keptText(facts, waiter);
  // Already shown in its own row.
  const more = notes.filter(({ sentence }) => sentence !== keepingSentence(daemon));
  return [
    ...wrapText(`${name}: ${printable(phaseSentence(daemon, now))}`, prose).map((line, i) =>
      i === 0 ? heading(line, name, facts, style) : line
    ),
    ...row("since", sinceText(facts, now)),
    ...row("next run", nextRunText(facts)),
    ...row("at boot", AT_BOOT[atBootOf(daemon.intent)]),
    ...row("connections", facts.sockets && connectionsText(facts.sockets)),
    ...row("last change", lastChangeText(facts, now)),
    ...row(
      "program",
      program && `${program.pid}  ${main ? commandText(main) : ""}`.trimEnd(),
    ),
    ...row("words", program || !settings ? undefined : shellLine(settings.words)),
    ...row("says", program ? state?.statusText : undefined),
    ...row("health", healthRow(facts, now), isUnhealthy(daemon) ? style.yellow : plain),
    ...row("kept by", kept, keepingOf(daemon) === "double" ? plain : style.yellow),
    ...row("uses", usage && usesText(usage)),
    ...row("group has", limits),
    ...row("restarts", restartsText(facts)),
    ...(state && run && state.restarts === 0 && !whyRestarted(state) && phase !== "running"
      ? row("last end", `it ${endOfRun(run)}`)
      : []),
    ...row("reason", ["failed", "stopped", "pending"].includes(phase) ? undefined : state?.reason),
    ...more.flatMap(({ sentence }) => row("note", sentence, style.yellow)),
    ...(failedTurns > 0 ? row("note", turnsText(failedTurns), style.yellow) : []),
    ...logs.flatMap((log) => row("log", logText(log), log.deleted ? style.yellow : plain)),
    ...(settings ? settingRows(settings).flatMap(([label, text]) => row(label, text)) : []),
    ...runLines(state?.runs ?? [], now, prose, style),
    ...treeLines(tree, width, style),
  ];
}

const plain = (text: string) => text;

/** The default is not shown. */
const AT_BOOT = {
  ...{ enabled: "started, by imp boot", disabled: "left alone", default: undefined },
};

function heading(line: string, name: string, { daemon }: KeptFacts, style: Style): string {
  const color = isWell(daemon)
    ? lsbStatus(daemon.phase) === 0 ? style.green : style.dim
    : lsbStatus(daemon.phase) === 0
    ? style.yellow
    : style.red;
  return style.bold(name) + color(line.slice(name.length));
}

function sinceText(
  { daemon: { state, program, intent, phase } }: KeptFacts,
  now: number,
): string | undefined {
  if (program && state?.startedAt !== undefined) {
    const ready = state.readyAt === undefined
      ? ""
      : `, ready after ${formatDuration(Math.max(0, state.readyAt - state.startedAt))}`;
    return `${recordedTime(state.startedAt, now)}${ready}`;
  }
  const run = state?.runs.at(-1);
  if (phase === "stopped" && intent) return recordedTime(intent.at, now);
  return run && recordedTime(run.endedAt, now);
}

/** A time of the past, of which the clock may say something else by now. */
function recordedTime(at: number, now: number): string {
  return `${localTime(at)}${isAhead(at, now) ? " (in the future: the clock was set back)" : ""}`;
}

function keptText(
  { daemon }: KeptFacts,
  waiter: StatusDetails["waiter"],
): string | undefined {
  const sentence = keepingSentence(daemon);
  return sentence && waiter ? `${sentence} (${waiterText(waiter)})` : sentence;
}

function healthRow(
  { daemon: { state, program } }: KeptFacts,
  now: number,
): string | undefined {
  if (!program || !state?.health) return undefined;
  return `${healthText(state.health)}, since ${recordedTime(state.health.since, now)}`;
}

function nextRunText({ daemon: { state, phase } }: KeptFacts): string | undefined {
  return state?.nextRunAt === undefined || isOver(phase) ? undefined : localTime(state.nextRunAt);
}

function connectionsText({ open, waiting }: NonNullable<KeptFacts["sockets"]>): string {
  return `${open} open, ${waiting} waiting`;
}

function lastChangeText(
  { daemon: { state } }: KeptFacts,
  now: number,
): string | undefined {
  const last = state?.changes?.last;
  if (!last) return undefined;
  const when = isAhead(last.at, now)
    ? recordedTime(last.at, now)
    : `${formatAge(last.at, now)} ago`;
  return `${last.path}, ${when}`;
}

function usesText({ cpuMs, rssBytes, pids }: NonNullable<KeptFacts["usage"]>): string {
  const many = pids.length === 1 ? "1 process" : `${pids.length} processes`;
  return `CPU ${formatDuration(cpuMs)}, memory ${formatSize(rssBytes)}, ${many}`;
}

function restartsText({ daemon: { state } }: KeptFacts): string | undefined {
  return state &&
    (whyRestarted(state) ?? (state.restarts > 0 ? String(state.restarts) : undefined));
}

function turnsText(failed: number): string {
  return `imp could not act ${failed} times in a row: its keeper tries again, and the daemon is not touched`;
}

function logText({ path, of, bytes, piped, deleted }: KeptLog): string {
  const state = deleted
    ? "deleted, and written to all the same; it is back with the next start"
    : bytes === undefined
    ? "not there"
    : piped
    ? "a pipe"
    : formatSize(bytes);
  return `${path} (${of === "both" ? "" : `${of}; `}${state})`;
}

function commandText({ comm, command }: StatusProcess): string {
  return command.length > 0 ? shellLine(command) : `[${comm}]`;
}

function runLines(
  runs: readonly KeptRun[],
  now: number,
  width: number,
  style: Style,
): string[] {
  if (runs.length === 0) return [];
  const shown = runs.slice(-MOST_RUNS_SHOWN).reverse();
  const more = runs.length - shown.length;
  return [
    "",
    style.bold(`  last runs${more > 0 ? ` (${more} more: --json)` : ""}`),
    ...shown.flatMap((run, i) => [
      ...wrapText(
        `${recordedTime(run.endedAt, now)}  it ${printable(endOfRun(run))} after ${used(run)}`,
        width - 4,
      )
        .map((line, at) => `    ${at > 0 ? "  " : ""}${line}`),
      ...(i === 0 ? run.lastLines.slice(-MOST_LINES_SHOWN) : []).map((line) =>
        style.dim(cutToWidth(`      | ${printable(line)}`, width))
      ),
    ]),
  ];
}

function used(run: KeptRun): string {
  const { cpuMs, maxRssBytes, failedStart } = run;
  const parts = [
    lasting(run),
    ...(cpuMs === undefined ? [] : [`CPU ${formatDuration(cpuMs)}`]),
    ...(maxRssBytes === undefined ? [] : [`memory up to ${formatSize(maxRssBytes)}`]),
    ...(failedStart ? ["a failed start"] : []),
  ];
  return parts.join(", ");
}

function treeLines(tree: readonly StatusProcess[], width: number, style: Style): string[] {
  if (tree.length < 2) return [];
  const shown = tree.slice(0, MOST_PROCESSES);
  const pidWidth = Math.max(...shown.map(({ pid }) => String(pid).length));
  return [
    "",
    style.bold("  processes"),
    ...shown.map((one) =>
      cutToWidth(
        `    ${String(one.pid).padStart(pidWidth)}  ${"  ".repeat(Math.min(one.depth, 8))}${
          printable(commandText(one))
        }`,
        width,
      )
    ),
    ...(tree.length > shown.length ? [`    … ${tree.length - shown.length} more`] : []),
  ];
}
