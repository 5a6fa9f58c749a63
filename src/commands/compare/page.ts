import { advice, differences } from "../../compare/differences.ts";
import { afterTable, beforeTable, notes, type Table } from "../../compare/layout.ts";
import {
  type Comparison,
  type Fate,
  fateOf,
  type MeasuredRow,
  type Row,
} from "../../compare/rows.ts";
import { LABELS, shownLine } from "../../compare/styles.ts";
import { escapeHtml } from "../../report/escape.ts";
import { VERSION } from "../../version.ts";
import { drawAfter, drawBefore } from "./drawing.ts";
import { TEACHING_STYLE } from "./page_style.ts";

const FATES: Record<Fate, readonly [kind: string, text: string]> = {
  "ended": ["no", "ends with the terminal"],
  "lost terminal": ["half", "runs on and writes to a terminal that is gone"],
  "silent": ["half", "runs on; its output goes nowhere"],
  "kept output": ["yes", "runs on; its output is kept"],
  "daemon": ["yes", "runs on and has nothing in common with the shell"],
};

const TERMS = [
  ["Terminal", "A window or a connection. At most one session has it as its controlling terminal."],
  [
    "Session",
    "What one login or window has started: setsid(2) makes a new one, without a terminal.",
  ],
  [
    "Group",
    "The processes of one command line. The foreground group gets what is typed, Ctrl-C included.",
  ],
  ["Parent", "Who started a process and learns of its end. When it ends, another one adopts it."],
] as const;

/**
 * A comparison as a page for teaching: drawings before and after, then the tables. @param headline what was compared
 */
export function comparePage(comparison: Comparison, headline: string): string {
  const { rows, by, shell } = comparison;
  const title = `What a terminal takes with it: background styles in ${shell}`;
  return `<!DOCTYPE html>
<html lang=en><head><meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'">
<meta name=viewport content="width=device-width,initial-scale=1"><title>${title}</title>
<style>${TEACHING_STYLE}</style></head>
<body><main><h1>${title}</h1>
<p class=sub>${escapeHtml(headline)}</p>
<dl>${TERMS.map(([term, says]) => `<div><dt>${term}<dd>${says}</div>`).join("")}</dl>
<p>${happens(comparison)}</p>
<svg width=0 height=0 class=defs><defs><marker id=head viewBox="0 0 8 8" refX=7 refY=4 markerWidth=7 markerHeight=7 orient=auto><path d="M0 0L8 4L0 8z" /></marker></defs></svg>
${rows.map(styleSection).join("\n")}
${list("Differences, as measured", differences(rows, by))}
${list("When to use which", advice(rows, by))}
${table("While the terminal was open", beforeTable(rows))}
${table("After the terminal was gone", afterTable(rows))}
${notes(comparison).map((note) => `<p class=sub>${code(note)}</p>`).join("\n")}
<footer>Measured by imp ${VERSION} compare: every line is what the kernel said.</footer>
</main></body></html>
`;
}

function happens({ by, shell }: Comparison): string {
  return by === "close"
    ? `The window is closed: the kernel sends SIGHUP to the leader of the session, which is ${shell}, and to the foreground group. What ${shell} does with it decides about its jobs.`
    : `Somebody types exit: ${shell} ends by itself, and what it does with its jobs is its own choice. The kernel then takes the terminal from the session and sends SIGHUP to its foreground group.`;
}

function styleSection(row: Row): string {
  const heading = `<h2>${escapeHtml(LABELS[row.style])} <code>${
    escapeHtml(shownLine(row.style))
  }</code></h2>`;
  if (row.is === "unmeasured") {
    return `<section>${heading}<p class=sub>Not measured: ${escapeHtml(row.why)}.</p></section>`;
  }
  const after = row.is === "measured"
    ? figure("When the terminal is gone", drawAfter(row))
    : `<p class=sub>What came after was not measured: ${escapeHtml(row.why)}.</p>`;
  return `<section>${heading}${row.is === "measured" ? verdict(row) : ""}<div class=pair>${
    figure("While the terminal is open", drawBefore(row))
  }${after}</div></section>`;
}

function verdict(row: MeasuredRow): string {
  const [kind, text] = FATES[fateOf(row)];
  const { signals } = row.after;
  const got = signals === null
    ? ""
    : signals.length === 0
    ? " No signal reached it."
    : ` It got ${signals.map((name) => `SIG${escapeHtml(name)}`).join(", ")}.`;
  return `<p><span class="pill ${kind}">${text}</span>${got}</p>`;
}

function figure(caption: string, drawing: string): string {
  return `<figure><figcaption>${caption}</figcaption>${drawing}</figure>`;
}

function list(heading: string, texts: readonly string[]): string {
  if (texts.length === 0) return "";
  const items = texts.map((text) => `<li>${code(text)}`).join("");
  return `<section><h2>${heading}</h2><ul>${items}</ul></section>`;
}

function table(heading: string, { header, rows }: Table): string {
  if (rows.length === 0) return "";
  const body = rows.map((cells) =>
    `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}`).join("")}`
  );
  return `<section><h2>${heading}</h2><div class=wide><table><tr>${
    header.map((cell) => `<th>${escapeHtml(cell)}`).join("")
  }${body.join("")}</table></div></section>`;
}

/** Text between backquotes is code. */
function code(text: string): string {
  return escapeHtml(text).replace(/`([^`]*)`/g, "<code>$1</code>");
}
