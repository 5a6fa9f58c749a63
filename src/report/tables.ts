import { formatDuration } from "../base/duration.ts";
import { formatSize } from "../base/size.ts";
import { escapeHtml } from "./escape.ts";
import type { ReportRows } from "./rows.ts";
import { outcomeText, type RunView } from "./view.ts";

const MOST_FAILURES = 200;
/** More are folded away. */
const OPEN_FAILURES = 10;

/** Failures, with the last lines of their output if known. */
export function failuresSection(rows: ReportRows, { failures, from }: RunView): string {
  if (failures.length === 0) return "";
  const shown = failures.slice(0, MOST_FAILURES);
  const lines = shown.map((at) =>
    line(rows, at, from, rows.tails.has(at) ? `<pre>${escapeHtml(rows.tails.get(at)!)}</pre>` : "")
  );
  const first = lines.slice(0, OPEN_FAILURES), others = lines.slice(OPEN_FAILURES);
  const more = failures.length - shown.length;
  const rest = others.length === 0
    ? ""
    : `<details><summary>${others.length} more</summary>${table(others)}</details>`;
  const cut = more > 0
    ? `<p class=sub>${
      more.toLocaleString("en")
    } more failures are not listed: search for “failed”.</p>`
    : "";
  return `<section><h2>Failures<small>${kinds(rows, failures)}</small></h2>${
    table(first)
  }${rest}${cut}</section>`;
}

/** The jobs that took longest. */
export function slowestSection(rows: ReportRows, { slowest, from }: RunView): string {
  const lines = slowest.map((at) => line(rows, at, from));
  return `<section><h2>Slowest jobs</h2>${table(lines)}</section>`;
}

/** The jobs that needed most memory, if known. */
export function usageSection(rows: ReportRows, { hungriest }: RunView): string {
  if (hungriest.length === 0) return "";
  const lines = hungriest.map((at) => {
    const cpu = rows.cpu.get(at);
    return `<tr><td class=n>${rows.seq[at]}<td class=n>${formatSize(rows.memory.get(at)!)}` +
      `<td class=n>${cpu === undefined ? "" : formatDuration(cpu)}` +
      `<td class="n s">${formatDuration(rows.runtime[at])}<td class=c>${command(rows, at)}</tr>`;
  });
  return `<section><h2>Most memory</h2><table><thead><tr><th class=n>Job<th class=n>Memory` +
    `<th class=n>CPU<th class="n s">Time<th>Command</thead><tbody>${
      lines.join("\n")
    }</tbody></table></section>`;
}

function table(lines: readonly string[]): string {
  return `<table><thead><tr><th class=n>Job<th>End<th class=n>Time<th class="n s">Began at` +
    `<th>Command</thead><tbody>${lines.join("\n")}</tbody></table>`;
}

function line(rows: ReportRows, at: number, from: number, below = ""): string {
  const outcome = rows.outcome[at];
  return `<tr><td class=n>${rows.seq[at]}<td class="e${outcome === 0 ? "" : " no-word"}">` +
    `${outcomeText(outcome)}<td class=n>${formatDuration(rows.runtime[at])}` +
    `<td class="n s">${formatDuration(Math.max(0, rows.start[at] - from))}` +
    `<td class=c>${command(rows, at)}${below}</tr>`;
}

function command(rows: ReportRows, at: number): string {
  const host = rows.hosts[rows.host[at]];
  const where = rows.hosts.length > 1 && host !== ":" ? `${host}: ` : "";
  return `<code>${escapeHtml(where + rows.command[at])}</code>`;
}

/** `3 × exit 1, 1 × SIGKILL`, the most frequent first. */
function kinds(rows: ReportRows, failures: readonly number[]): string {
  const counts = new Map<string, number>();
  for (const at of failures) {
    const text = outcomeText(rows.outcome[at]);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 6).map(([text, count]) =>
    `${count.toLocaleString("en")} × ${text}`
  );
  return shown.join(", ") + (sorted.length > 6 ? " and others" : "");
}
