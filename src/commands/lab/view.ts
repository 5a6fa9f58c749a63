import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { proseWidth } from "../../cli/width.ts";
import { alignColumns, displayWidth, spareColumns, wrapText } from "../../cli/table.ts";
import type { Check, LabEvent } from "../../lab/rules.ts";
import type { ScenarioRun } from "../../lab/run.ts";
import type { Scenario, Topic } from "../../lab/scenario.ts";

const INDENT = "         ";
/** Below this width, titles are on lines of their own. */
const NARROW = 60;
/** Lines of a timeline are at most this wide, and its last column at least. */
const WIDEST = 140, LEAST_ROOM = 24;
/** Columns of the timeline omitted on a narrow terminal, the first one first; all are in the JSON. */
const DISPENSABLE = ["TTY", "SID", "PGID", "PPID", "STATE", "PID"];
/** Facts for which the timeline has columns. */
const COLUMNS = ["state", "ppid", "pgid", "sid", "tty"];

const TOPICS: Readonly<Record<Topic, string>> = {
  processes: "Processes with a daemon flag",
  threads: "Threads with a daemon flag",
  endings: "Endings, zombies, orphans",
  pools: "Pools",
  daemons: "Daemons and background processes",
};

/** All scenarios by topic. */
export function listView(scenarios: readonly Scenario[], width: number): string[] {
  const column = Math.max(...scenarios.map(({ id }) => id.length)) + 4;
  const row = ({ id, title }: Scenario) => {
    if (width < NARROW) return [`  ${id}`, ...wrapText(title, width, "      ")];
    const lines = wrapText(title, proseWidth(width) - column);
    return lines.map((line, i) => (i === 0 ? `  ${id}` : "").padEnd(column) + line);
  };
  const topics = [...new Set(scenarios.map(({ topic }) => topic))];
  return [
    ...topics.flatMap((topic) => [
      TOPICS[topic],
      ...scenarios.filter((one) => one.topic === topic).flatMap(row),
      "",
    ]),
    ...wrapText(
      "imp lab ID plays one, imp lab --all plays all; --explain says what each shows.",
      proseWidth(width),
    ),
  ];
}

/** What a scenario teaches. */
export function explanation(scenario: Scenario, style: Style, width: number): string[] {
  return [
    ...headline(`${style.bold(scenario.id)}  ${scenario.title}`, width),
    ...entry("learn", scenario.learn, style.cyan, width),
    ...said(scenario, style, width),
  ];
}

/** One scenario as played. */
export function outcomeView(outcome: ScenarioRun, style: Style, width: number): string[] {
  const { scenario, checks, good, ms } = outcome;
  const slower = triesText(outcome);
  const verdict = good ? style.green("holds") : style.red("DOES NOT HOLD");
  return [
    ...headline(
      `${style.bold(scenario.id)}  ${scenario.title}: ${verdict} (${(ms / 1000).toFixed(1)}s)`,
      width,
    ),
    ...said(scenario, style, width),
    ...(slower ? entry("again", slower, style.yellow, width) : []),
    "",
    ...timeline(outcome, style, width),
    "",
    ...checks.flatMap((check) => checkLines(check, style, width)),
  ];
}

function headline(text: string, width: number): string[] {
  return displayWidth(text) <= proseWidth(width) ? [text] : wrapText(text, proseWidth(width));
}

/** The last lines after several scenarios: what is wrong, where it is seen. */
export function summary(outcomes: readonly ScenarioRun[], style: Style): string[] {
  const bad = outcomes.filter(({ good }) => !good);
  const rules = outcomes.flatMap(({ checks }) =>
    checks.filter(({ verdict }) => verdict === "holds")
  );
  const lines = bad.flatMap(({ scenario, checks }) =>
    checks.filter(({ verdict }) => verdict === "fails").map(({ rule, why }) =>
      style.red(`${scenario.id}: does not hold: ${rule}: ${printable(why)}`)
    )
  );
  const held = `${
    outcomes.length - bad.length
  } of ${outcomes.length} scenarios hold, ${rules.length} rules`;
  return [...lines, style.bold(held)];
}

/** That it was played again, and what may have kept its rules from holding. */
export function triesText({ tries, second, stall, good }: ScenarioRun): string | undefined {
  if (tries === 1) return undefined;
  const ms = (time: number) => `${Math.round(time)} ms`;
  const times = `Played ${tries} times, each slower; the last time a second took ${ms(second)}.`;
  if (good || stall < second / 4) return times;
  return `${times} The machine stalled for ${ms(stall)}; try a lower --speed.`;
}

function said({ claim, care }: Scenario, style: Style, width: number): string[] {
  return [
    ...entry("claim", claim, style.cyan, width),
    ...(care ? entry("care", care, style.yellow, width) : []),
  ];
}

function entry(label: string, text: string, color: (text: string) => string, width: number) {
  const [first, ...rest] = wrapText(text, proseWidth(width), INDENT);
  return [`  ${color(label.padEnd(INDENT.length - 2))}${first.slice(INDENT.length)}`, ...rest];
}

export const TIMELINE_HEAD = ["  MS", "PID", "WHO", "STATE", "PPID", "PGID", "SID", "TTY", "WHAT"];

/** A row for each event, with the columns of {@link TIMELINE_HEAD}. */
export function timelineCells({ events, directory }: ScenarioRun): string[][] {
  return events.map((event) => [...factCells(event), whatText(event, directory)]);
}

function factCells({ at, pid, who, moment }: LabEvent): string[] {
  return [
    String(at).padStart(4),
    String(pid),
    printable(who),
    moment?.state ?? "-",
    ...[moment?.ppid, moment?.pgid, moment?.sid].map((id) => id === undefined ? "-" : String(id)),
    moment?.tty?.replace(/^\/dev\//, "") ?? "-",
  ];
}

function timeline({ events, directory }: ScenarioRun, style: Style, width: number): string[] {
  const rows = events.map(factCells);
  // What happened is wrapped separately, in the room left by the other columns.
  const widest = width === Infinity ? proseWidth(width) : Math.min(width, WIDEST);
  const table = [TIMELINE_HEAD, ...rows.map((row) => [...row, "."])];
  const [first, ...rest] = alignColumns(spareColumns(table, DISPENSABLE, widest, LEAST_ROOM));
  const indent = first.length - "WHAT".length;
  const room = Math.max(LEAST_ROOM / 2, widest - indent);
  return [
    style.dim(first),
    ...rest.flatMap((line, i) => {
      const whole = whatText(events[i], directory);
      const text = displayWidth(whole) <= room ? [whole] : wrapText(whole, room);
      const color = colorOf(events[i].what, style);
      return text.map((part, n) =>
        color((n === 0 ? line.slice(0, indent) : " ".repeat(indent)) + part)
      );
    }),
  ];
}

function colorOf(what: LabEvent["what"], { bold, yellow }: Style): (text: string) => string {
  return what === "says" ? bold : what === "lab" ? yellow : (text) => text;
}

function whatText({ what, text, facts }: LabEvent, directory: string): string {
  if (!facts || what === "ends") return deed(what, text);
  const told = Object.entries(facts).filter(([name]) => !COLUMNS.includes(name))
    .map(([name, value]) => `${name} ${printable(String(value)).replaceAll(directory, "...")}`);
  return told.length === 0 ? deed(what, text) : `${deed(what, text)}: ${told.join(", ")}`;
}

function deed(what: LabEvent["what"], text: string): string {
  switch (what) {
    case "says":
      return `"${printable(text)}"`;
    case "starts":
      return "starts";
    case "lab":
      return `the lab: ${printable(text)}`;
    case "shows":
      return printable(text);
    case "zombie":
      return "is a zombie: its parent has not waited for it";
    default:
      return text === "" ? what : `${what}: ${printable(text)}`;
  }
}

function checkLines({ rule, kind, verdict, why }: Check, style: Style, width: number): string[] {
  const [label, color] = verdict === "fails"
    ? ["FAILS", style.red]
    : verdict === "holds"
    ? ["holds", style.green]
    : [kind === "race" ? "race" : "here", style.cyan] as const;
  return entry(label, printable(why === "" ? rule : `${rule}: ${why}`), color, width);
}
