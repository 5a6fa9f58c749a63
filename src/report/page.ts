import { formatDuration } from "../base/duration.ts";
import { formatSize } from "../base/size.ts";
import { VERSION } from "../version.ts";
import { perSecond, rateChart, timesChart } from "./charts.ts";
import { escapeHtml, scriptJson } from "./escape.ts";
import { pageData } from "./page_data.ts";
import { PAGE_SCRIPT } from "./page_script.ts";
import { PAGE_STYLE } from "./page_style.ts";
import type { ReportRows } from "./rows.ts";
import { failuresSection, slowestSection, usageSection } from "./tables.ts";
import { type RunContext, type RunView, viewOf } from "./view.ts";

/**
 * A run as one page of HTML that loads nothing: tables and charts are there without the script, which draws the
 * timeline and searches. No other script can run in it, whatever the commands of jobs hold: its policy allows only this
 * one, by hash.
 */
export function reportPage(rows: ReportRows, context: RunContext): string {
  const view = viewOf(rows);
  const title = titleOf(view, context);
  const nonce = crypto.randomUUID();
  const live = context.state === "running";
  return `<!DOCTYPE html>
<html lang=en${live ? " data-live=1" : ""}>
<head><meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'">
<meta name=viewport content="width=device-width,initial-scale=1">
<meta name=generator content="imp ${VERSION}">
${live ? "<noscript><meta http-equiv=refresh content=10></noscript>\n" : ""}<title>${
    escapeHtml(title)
  }</title>
<style>${PAGE_STYLE}</style></head>
<body><main>
<h1>${escapeHtml(title)} ${pill(view, context)}</h1>
<p class=sub>${subtitle(rows, view, context)}</p>
${context.notes.map((note) => `<p class=note>${escapeHtml(note)}</p>`).join("\n")}
${tiles(rows, view, context)}
${rows.length === 0 ? "" : body(rows, view, nonce)}
<footer>Made by imp ${VERSION}, ${time(context.madeAt)}.</footer>
</main>
</body></html>
`;
}

function body(rows: ReportRows, view: RunView, nonce: string): string {
  return `${failuresSection(rows, view)}
<section><h2>Timeline<small>a row for each ${
    rows.hosts.length > 1 ? "slot of a host" : "slot"
  }</small></h2>
<div class=needs id=map><canvas id=lanes role=img aria-label="Jobs over time, by slot"></canvas><div id=sel></div><div id=tip></div></div>
<div class="needs"><div class=keys><span><i style="background:var(--good)"></i>succeeded</span><span><i
 style="background:var(--bad)"></i>failed</span><span>Point at a job; drag to look closer.</span><button id=reset hidden>Whole run</button></div></div>
<noscript><p class=sub>The timeline and the search need JavaScript; everything else on this page does not.</p></noscript>
</section>
<section class=needs><h2>Search</h2>
<input id=query type=search placeholder="Part of a command, a job's number, “exit 3”, or “failed”" aria-label="Search jobs">
<div class=sub id=count></div>
<table id=hits hidden><thead><tr><th class=n>Job<th>End<th class=n>Time<th class="n s">Began at<th>Command</thead><tbody id=list></tbody></table>
</section>
<div class=two><section>${rateChart(view)}</section><section>${timesChart(view)}</section></div>
${slowestSection(rows, view)}
${usageSection(rows, view)}
<script type=application/json id=data>${scriptJson(pageData(rows))}</script>
<script nonce=${nonce}>${PAGE_SCRIPT}</script>`;
}

const MOST_TITLE = 120;

function titleOf({ jobs }: RunView, { source }: RunContext): string {
  const what = source.length > MOST_TITLE ? `${source.slice(0, MOST_TITLE)}…` : source;
  return `${jobs === 1 ? "1 job" : `${number(jobs)} jobs`}: ${what}`;
}

function pill({ failed, jobs }: RunView, { state }: RunContext): string {
  const [kind, text] = state === "running"
    ? ["run", "running"]
    : state === "stopped"
    ? ["no", "stopped early"]
    : failed > 0
    ? ["no", `${number(failed)} failed`]
    : ["", jobs === 0 ? "nothing yet" : "all succeeded"];
  return `<span class="pill ${kind}">${text}</span>`;
}

function subtitle(rows: ReportRows, { from, wall, jobs }: RunView, context: RunContext): string {
  const parts = jobs === 0 ? ["No job has ended."] : [`${time(from)} to ${time(from + wall)}`];
  const others = rows.hosts.filter((host) => host !== ":");
  if (others.length > 0) {
    const most = others.slice(0, 8).map(escapeHtml).join(", ");
    parts.push(`on ${most}${others.length > 8 ? ` and ${others.length - 8} more hosts` : ""}`);
  }
  if (context.state === "running") parts.push(`as of ${time(context.madeAt)}`);
  return parts.join(" · ");
}

function tiles(rows: ReportRows, view: RunView, { running, total }: RunContext): string {
  const { jobs, failed, replaced, wall, work, median, longest, cpu, memory } = view;
  const all: (readonly [string, string, string?])[] = [
    [total === undefined ? number(jobs) : `${number(jobs)} of ${number(total)}`, "jobs"],
    ...(running ? [[number(running), "running now"] as const] : []),
    [number(failed), "failed", failed > 0 ? "no" : ""],
    ...(replaced > 0 ? [[number(replaced), "attempts before"] as const] : []),
    [formatDuration(wall), "from start to end"],
    [perSecond(rows.length / Math.max(1, wall) * 1000), "jobs per second"],
    [wall > 0 ? (work / wall).toFixed(1) : "–", "at once, on average"],
    [formatDuration(median), "median run time"],
    [formatDuration(longest), "longest"],
    ...(cpu === undefined ? [] : [[formatDuration(cpu), "CPU time"] as const]),
    ...(memory === undefined ? [] : [[formatSize(memory), "memory at most, of a job"] as const]),
    ...(rows.received === 0 ? [] : [[formatSize(rows.received), "output"] as const]),
  ];
  const cells = all.map(([value, label, kind]) =>
    `<div${kind ? ` class=${kind}` : ""}><b>${value}</b><span>${label}</span></div>`
  );
  return `<div class=tiles>${cells.join("")}</div>`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
