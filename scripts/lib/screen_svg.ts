import type { Cell } from "./screen.ts";

const ADVANCE = 7.8;
const LINE = 18;
const MARGIN = 16;
const TOP = 42;

/** Light or dark as the reader prefers, also where a page embeds it as an image. */
const STYLE =
  `text{font:13px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.w{fill:#fff;stroke:#d0d7de}.o{fill:#d0d7de}.b{font-weight:700}.d{fill:#6e7781}.c1{fill:#cf222e}.c2{fill:#1a7f37}.c3{fill:#9a6700}.c4{fill:#0969da}.c5{fill:#8250df}.c6{fill:#1b7c83}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.w{fill:#0d1117;stroke:#30363d}.o{fill:#30363d}.d{fill:#8b949e}.c1{fill:#ff7b72}.c2{fill:#3fb950}.c3{fill:#d29922}.c4{fill:#58a6ff}.c5{fill:#bc8cff}.c6{fill:#39c5cf}}`;

/** A terminal's lines as a picture with real text. @param command the typed command, above them */
export function screenSvg(command: string, lines: readonly (readonly Cell[])[]): string {
  const all: (readonly Cell[])[] = [typed(command), ...lines];
  const columns = Math.max(40, ...all.map((line) => line.length));
  const width = Math.ceil(columns * ADVANCE + 2 * MARGIN);
  const height = TOP + all.length * LINE + 8;
  const rows = all.map((line, i) =>
    runsOf(line).map((run) => text(run, TOP + 10 + i * LINE)).join("")
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${STYLE}</style>
<rect class="w" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9"/>
${[20, 38, 56].map((x) => `<circle class="o" cx="${x}" cy="18" r="5.5"/>`).join("")}
${rows.filter((row) => row !== "").join("\n")}
</svg>
`;
}

interface Run {
  readonly from: number;
  readonly text: string;
  readonly look: string;
}

/** Runs of equal style, without surrounding spaces. */
function runsOf(line: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < line.length;) {
    let to = from + 1;
    while (to < line.length && line[to].look === line[from].look && !isGap(line, to)) to++;
    const text = line.slice(from, to).map((cell) => cell.text).join("").trimEnd();
    if (text !== "") runs.push({ from, text, look: line[from].look });
    while (to < line.length && line[to].text === " ") to++;
    from = to;
  }
  return runs;
}

/** Two spaces: what follows is positioned separately, whatever the reader's font. */
function isGap(line: readonly Cell[], at: number): boolean {
  return line[at].text === " " && line[at + 1]?.text === " ";
}

function text({ from, text, look }: Run, y: number): string {
  const x = (MARGIN + from * ADVANCE).toFixed(1);
  const length = ([...text].length * ADVANCE).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}"${look ? ` class="${look}"` : ""}>${
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
  }</text>`;
}

function typed(command: string): Cell[] {
  return [
    { text: "$", look: "c2" },
    ...[` ${command}`].flatMap((text) => [...text]).map((text) => ({ text, look: "b" })),
  ];
}
