import { formatAge } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import type { Display } from "../../cli/options.ts";
import { styleFor } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { alignColumns, cutToWidth, displayWidth, spareColumns, wrapText } from "../../cli/table.ts";
import { outputWidth, proseWidth } from "../../cli/width.ts";
import { type QueueSettings, textsOfSettings } from "../../queue/queue_settings.ts";
import type { QueueFacts } from "../../queue/runs/run_reader.ts";
import { isUsualLane, USUAL_LANE } from "../../queue/lanes.ts";
import { isUnserved, nobodyServes } from "../../queue/client/serving.ts";
import {
  isHalfRetried,
  notBeforeText,
  queueRunState,
  type RunFacts,
  totalJobs,
  waitingJobs,
} from "../../queue/runs/run_state.ts";

// docs/queues.md describes this object: names are only ever added.
export function queueRunJson(facts: RunFacts): Record<string, unknown> {
  const { run, setup, closed, order, attached, served, counts } = facts;
  return {
    run,
    state: queueRunState(facts),
    order,
    attached,
    total: totalJobs(facts),
    totalIsFinal: closed !== undefined,
    done: counts.ended,
    failed: counts.failed,
    waiting: waitingJobs(facts),
    parked: counts.parked,
    served: served === undefined ? null : served === "yes",
    priority: setup?.lane.priority ?? null,
    needs: setup?.lane.tag ?? null,
    notBefore: setup?.notBefore === undefined ? null : new Date(setup.notBefore).toISOString(),
    created: setup === undefined ? null : new Date(setup.created).toISOString(),
    user: setup?.user ?? null,
    host: setup?.host ?? null,
    command: setup?.command ?? null,
    retryOf: setup?.retryOf ?? null,
  };
}

/** Columns that are dropped on a narrow terminal, the first one first. */
const DISPENSABLE = ["AGE", "FAILED", "COMMAND", "DONE"];
/** Least width of the command. */
const LEAST_COMMAND = 14;

/** @param queue undefined: there is none of this name */
export function runListView(
  queue: QueueFacts | undefined,
  settings: QueueSettings,
  runs: readonly RunFacts[],
  { quiet, color }: Display,
  width = outputWidth(),
): string[] {
  const style = styleFor(color);
  if (!queue) return quiet ? [] : ["no queue of this name; imp pool --on creates it"];
  const head = quiet
    ? []
    : [queueText(queue), ...settingsLines(settings)].flatMap((text) => prose(text, width));
  if (runs.length === 0) return quiet ? [] : [...head, "no runs"];
  const rows = runs.map((facts) => [
    facts.run,
    queueRunState(facts) + remarkOn(facts),
    progressText(facts),
    facts.counts.failed === 0 ? "-" : String(facts.counts.failed),
    facts.setup ? formatAge(facts.begun, facts.now) : "-",
    printable(facts.setup?.command ?? "?"),
  ]);
  const titles = ["RUN", "STATE", "DONE", "FAILED", "AGE", "COMMAND"];
  const longest = Math.max(...rows.map((row) => displayWidth(row[row.length - 1])));
  const room = Math.min(LEAST_COMMAND, longest);
  const table = spareColumns([titles, ...rows], DISPENSABLE, width, room);
  const [title, ...lines] = alignColumns(table).map((line) => cutToWidth(line, width));
  return [...head, style.bold(title), ...lines];
}

/** What is missing: pool or workers. */
function remarkOn(facts: RunFacts): string {
  const { attached, closed, served } = facts;
  const missing = [
    ...isHalfRetried(facts) ? ["retry not finished"] : attached || closed ? [] : ["no client"],
    ...isUnserved(served) ? ["no worker"] : [],
  ];
  return missing.length === 0 ? "" : ` (${missing.join(", ")})`;
}

/** Everything about one run. @param queue its name */
export function showView(facts: RunFacts, queue: string, width = outputWidth()): string[] {
  const { run, setup, closed, attached, served, counts } = facts;
  const half = isHalfRetried(facts) ? `; not finished: imp runs retry ${setup?.retryOf}` : "";
  const rows = [
    ["state", queueRunState(facts)],
    ["jobs", `${totalJobs(facts)}${closed === undefined ? ", and maybe more" : ""}`],
    ["done", String(counts.ended)],
    ["failed", String(counts.failed)],
    ["waiting", String(waitingJobs(facts))],
    ...counts.parked > 0 ? [["put aside", String(counts.parked)]] : [],
    ...setup?.notBefore === undefined ? [] : [["begins", notBeforeText(facts)]],
    ...setup && !isUsualLane({ ...setup.lane, records: undefined })
      ? [["priority", setup.lane.priority], ["needs", setup.lane.tag ?? "no tag"]]
      : [],
    ...setup?.retryOf === undefined ? [] : [["retry of", setup.retryOf + half]],
    ...isUnserved(served)
      ? [["workers", nobodyServes(queue, setup?.lane ?? USUAL_LANE, served)]]
      : [],
    ["client", attached ? "attached" : "none; imp pool --attach fetches what was not printed"],
    ...setup
      ? [
        ["began", new Date(setup.created).toISOString()],
        ["by", printable(setup.user === "" ? setup.host : `${setup.user}@${setup.host}`)],
        ["command", printable(setup.command)],
      ]
      : [],
  ];
  const label = Math.max(...rows.map(([name]) => name.length)) + 4;
  return [
    run,
    ...rows.flatMap(([name, value]) =>
      prose(value, width, " ".repeat(label)).map((line, i) =>
        i === 0 ? `  ${name}`.padEnd(label) + line.slice(label) : line
      )
    ),
  ];
}

/** Sentences on a terminal; for programs each is one line. */
function prose(text: string, width: number, indent = ""): string[] {
  return width === Infinity ? [indent + text] : wrapText(text, proseWidth(width), indent);
}

export function settingsText(queue: string, settings: QueueSettings): string {
  const texts = textsOfSettings(settings).map(([name, text]) => `${name} ${text}`);
  return `queue ${queue}: ${texts.length === 0 ? "nothing is set" : texts.join(", ")}`;
}

function settingsLines(settings: QueueSettings): string[] {
  const texts = textsOfSettings(settings).map(([name, text]) => `${name} ${text}`);
  return texts.length === 0 ? [] : [`  ${texts.join(", ")}`];
}

function queueText({ queue, waiting, given, resultBytes, replicas }: QueueFacts): string {
  return `queue ${queue}: ${waiting} waiting, ${given} with workers; ` +
    `results take ${formatSize(resultBytes)}; ` +
    (replicas === 1 ? "1 replica" : `${replicas} replicas`);
}

function progressText(facts: RunFacts): string {
  const total = totalJobs(facts);
  const percent = total === 0 ? "" : ` (${Math.floor(100 * facts.counts.ended / total)}%)`;
  return `${facts.counts.ended}/${total}${facts.closed ? percent : "+"}`;
}
