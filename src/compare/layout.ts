import { basename } from "@std/path/basename";
import type { Aftermath, Comparison, MeasuredRow, Picture, Row, StreamTarget } from "./rows.ts";
import { LABELS } from "./styles.ts";

/** A table as text, ready to be aligned. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const NOTHING = "-";

/** What each program was while its terminal was open. The shell's own directory is shown as `.`. */
export function beforeTable(rows: readonly Row[]): Table {
  return {
    header: [
      "STYLE",
      "PID",
      "PARENT",
      "PGID",
      "SID",
      "LEADS",
      "TTY",
      "FG",
      "SIGHUP",
      "CWD",
      "UMASK",
      "FD 0, 1, 2",
      "3+",
    ],
    rows: rows.flatMap((row) => row.is === "unmeasured" ? [] : [beforeCells(row)]),
  };
}

/** What had become of each once its terminal was gone. */
export function afterTable(rows: readonly Row[]): Table {
  return {
    header: ["STYLE", "ALIVE", "SIGNALS", "ENDED BY", "PARENT", "TTY", "ITS OUTPUT"],
    rows: rows.flatMap((row) => {
      if (row.is === "unmeasured") return [];
      const label = LABELS[row.style];
      return [
        row.is === "measured"
          ? afterCells(row)
          : [label, "n/a", ...Array<string>(4).fill(NOTHING), row.why],
      ];
    }),
  };
}

/** What the tables do not say: which styles are missing and why, and what `?` means. */
export function notes({ rows, program }: Comparison): string[] {
  const missing = rows.flatMap((row) =>
    row.is === "unmeasured" ? [`\`${LABELS[row.style]}\` is missing: ${row.why}.`] : []
  );
  const measured = rows.some((row) => row.is === "measured");
  const seenFromOutside = program && measured
    ? ["? cannot be seen from outside; imp's own probe, which runs without PROGRAM, records it."]
    : [];
  return [...missing, ...seenFromOutside];
}

/** `pts/3`, `null`, `nohup.out`: enough to recognise a target. */
export function shortTarget(stream: StreamTarget | null): string {
  if (!stream) return "closed";
  const { target, kind } = stream;
  if (kind === "terminal" || kind === "null" || kind === "device") {
    return target.replace(/^\/dev\//, "");
  }
  return kind === "file" ? basename(target) : target;
}

/** Three targets in one cell; equal ones are named once. */
export function streamCell(streams: readonly (StreamTarget | null)[]): string {
  const [input, output, error] = streams.map(shortTarget);
  if (output !== error) return [input, output, error].join(", ");
  return input === output ? `3 × ${input}` : `${input}, 2 × ${output}`;
}

function beforeCells({ style, shell, before }: Exclude<Row, { is: "unmeasured" }>): string[] {
  const { pid, pgid, sid, leads, tty, foreground, hangup, cwd, umask, streams, others } = before;
  return [
    LABELS[style],
    String(pid),
    parentCell(before),
    String(pgid),
    String(sid),
    leads === "nothing" ? NOTHING : leads,
    ttyCell(tty),
    before.stopped ? "stopped" : tty === null ? NOTHING : foreground ? "yes" : "no",
    hangup,
    cwd === shell.cwd ? "." : cwd ?? "?",
    umask === null ? "?" : umask.toString(8).padStart(3, "0"),
    streamCell(streams),
    others.length === 0 ? NOTHING : String(others.length),
  ];
}

function afterCells({ style, after }: MeasuredRow): string[] {
  const { alive, picture, signals, endedBy } = after;
  return [
    LABELS[style],
    picture?.stopped ? "stopped" : alive ? "yes" : "no",
    signals === null ? "?" : signals.join(" ") || "none",
    alive ? NOTHING : endedBy ?? "?",
    picture ? parentCell(picture) : NOTHING,
    picture ? ttyCell(picture.tty) : NOTHING,
    outputCell(after) + descendantsRemark(after),
  ];
}

function parentCell({ ppid, parent }: Picture): string {
  if (!parent) return String(ppid);
  const adopter = parent.role === "init" || parent.role === "subreaper";
  return `${ppid} ${adopter ? parent.role : parent.comm}`;
}

function ttyCell(tty: string | null): string {
  return tty?.replace(/^\/dev\//, "") ?? "none";
}

function outputCell({ alive, output }: Aftermath): string {
  const { to, onTerminal, after, file } = output;
  if (!to) return "closed";
  if (file) return `${shortTarget(to)}: ${file.bytesThen} bytes, then ${grown(file)}`;
  if (to.kind !== "terminal") return to.target;
  const lines = onTerminal === null ? "" : ` (${onTerminal} lines)`;
  if (!alive) return `terminal${lines}`;
  return `terminal${lines}, then ${after ? resultsCell(after) : "nowhere"}`;
}

function grown({ bytesThen, bytesNow }: { bytesThen: number; bytesNow: number }): string {
  const more = bytesNow - bytesThen;
  return more === 0 ? "nothing" : more > 0 ? `${more} more` : `cut to ${bytesNow}`;
}

/** `EIO`, or `ok (2), EIO (1)`. */
function resultsCell(results: Readonly<Record<string, number>>): string {
  const entries = Object.entries(results);
  if (entries.length === 0) return "nothing";
  if (entries.length === 1) return entries[0][0];
  return entries.map(([name, times]) => `${name} (${times})`).join(", ");
}

function descendantsRemark({ alive, descendants }: Aftermath): string {
  if (descendants === 0 || alive) return "";
  const [noun, verb] = descendants === 1 ? ["process", "runs"] : ["processes", "run"];
  return `; ${descendants} ${noun} of it still ${verb}`;
}
