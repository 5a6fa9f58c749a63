import type { Check } from "../../lab/rules.ts";
import type { ScenarioRun } from "../../lab/run.ts";
import { escapeHtml } from "../../report/escape.ts";
import { VERSION } from "../../version.ts";
import { TEACHING_STYLE } from "../compare/page_style.ts";
import { drawLives } from "./drawing.ts";
import { TIMELINE_HEAD, timelineCells, triesText } from "./view.ts";

const LAB_STYLE = `
.lives{min-width:640px}.lives text{font-size:12px}.who{fill:var(--ink)}.who .pid{fill:var(--dim)}
.runs{fill:var(--program)}.orphan{fill:var(--half)}.zombie{fill:none;stroke:var(--bad);stroke-width:1.6;stroke-dasharray:4 3}
.says{fill:var(--card);stroke:var(--ink);stroke-width:1.5}.adopted{fill:var(--half);stroke:var(--ink)}
.ends path{stroke:var(--ink);stroke-width:2.4}.tick path{stroke:var(--line)}.tick text{text-anchor:middle}
.key span{display:inline-block;width:22px;height:10px;border-radius:3px;margin:0 6px 0 14px}
.key .runs{background:var(--program)}.key .orphan{background:var(--half)}.key .zombie{border:1.6px dashed var(--bad)}
td.what{white-space:normal;min-width:220px}.rules{list-style:none;padding:0}.rules .pill{min-width:62px;text-align:center}
.pill.told{background:var(--program)}
`;

const KEY = `<p class="sub key"><span class=runs></span>runs or sleeps
<span class=orphan></span>has lost its parent <span class=zombie></span>has ended, and was not waited for;
a ring is a line that it wrote, a stroke its end</p>`;

/** Scenarios as a page for teaching: the claim, lifelines, what held, and everything observed. */
export function labPage(outcomes: readonly ScenarioRun[]): string {
  const [first, ...others] = outcomes;
  const title = others.length === 0
    ? capital(first.scenario.title)
    : "Processes, as they really are";
  return `<!DOCTYPE html>
<html lang=en><head><meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'">
<meta name=viewport content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title>
<style>${TEACHING_STYLE}${LAB_STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>
<p class=sub>Real processes, started by imp lab; every line is what the kernel said of them.</p>
<svg width=0 height=0 class=defs><defs><marker id=head viewBox="0 0 8 8" refX=7 refY=4 markerWidth=7 markerHeight=7 orient=auto><path d="M0 0L8 4L0 8z" /></marker></defs></svg>
${outcomes.map((outcome) => scenarioSection(outcome, others.length > 0)).join("\n")}
<footer>Observed by imp ${VERSION} lab. To see it happen: imp lab ${
    outcomes.map(({ scenario }) => escapeHtml(scenario.id)).join(" ")
  }</footer>
</main></body></html>
`;
}

function scenarioSection(outcome: ScenarioRun, several: boolean): string {
  const { scenario, checks, good, ms, events } = outcome;
  const { id, title, learn, claim, care } = scenario;
  const verdict = good
    ? "<span class=pill>holds</span>"
    : '<span class="pill no">does not hold</span>';
  const busy = triesText(outcome);
  return `<section id="${escapeHtml(id)}"><h2>${
    several ? escapeHtml(capital(title)) : "What is claimed"
  } <code>${escapeHtml(id)}</code></h2>
<p>${verdict}<span class=sub>in ${(ms / 1000).toFixed(1)} s</span></p>
<p>${escapeHtml(claim)}</p>
${care ? `<p><strong>With care:</strong> ${escapeHtml(care)}</p>` : ""}
<p class=sub>${escapeHtml(learn)}</p>
${busy ? `<p class=sub>${escapeHtml(busy)}</p>` : ""}
${drawLives(events)}${KEY}
<ul class=rules>${checks.map(checkItem).join("")}</ul>
<details><summary>Everything that was observed</summary>${
    timelineTable(outcome)
  }</details></section>`;
}

function checkItem({ rule, kind, verdict, why }: Check): string {
  const [style, label] = verdict === "fails"
    ? ["no", "fails"]
    : verdict === "holds"
    ? ["", "holds"]
    : ["told", kind === "race" ? "race" : "here"];
  const evidence = why === "" ? "" : `<span class=sub>: ${escapeHtml(why)}</span>`;
  return `<li><span class="pill ${style}">${label}</span>${escapeHtml(rule)}${evidence}`;
}

function timelineTable(outcome: ScenarioRun): string {
  const head = TIMELINE_HEAD.map((title) => `<th>${title.trim()}`).join("");
  const rows = timelineCells(outcome).map((cells) =>
    `<tr>${
      cells.map((cell, i) =>
        `<td${i === cells.length - 1 ? " class=what" : ""}>${escapeHtml(cell)}`
      )
        .join("")
    }`
  );
  return `<div class=wide><table><tr>${head}${rows.join("")}</table></div>`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
