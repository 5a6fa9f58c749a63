import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { proseWidth } from "../../cli/width.ts";
import { alignColumns, cutToWidth, foldColumns, wrapText } from "../../cli/table.ts";
import type { ShellJob, ShellJobs } from "../../inspect/jobs.ts";
import { named } from "../../inspect/kind.ts";
import { answerWord, multiplexerNote, type Survival } from "../../inspect/outcome.ts";
import { colorAnswer, title } from "./view.ts";

/** Columns that a command gets at least. */
const LEAST_COMMAND = 20;
/** Columns of the table before the command, usually. */
const OTHERS = 44;

/** The jobs of the calling shell for human readers. */
export function jobsView(
  { caller, shell, tty, jobs }: ShellJobs,
  style: Style,
  width: number,
): string[] {
  const wrapped = (text: string) => wrapText(text, proseWidth(width));
  const who = caller && printable(named(caller));
  if (!shell) {
    const whoElse = who ? `${who}, which is not a shell` : "a process that cannot be seen";
    return wrapped(
      `imp was started by ${whoElse}: there are no jobs to list. For one process: imp inspect PID`,
    );
  }
  const lines: string[] = [];
  const itsShell = printable(named(shell));
  if (caller && caller.pid !== shell.pid) {
    const nearest = `the nearest shell is ${itsShell}`;
    lines.push(...wrapped(`imp was started by ${who}, which is not a shell; ${nearest}`));
  }
  if (!shell.interactive) {
    lines.push(...wrapped(`${itsShell} is not interactive, so it has no job control`));
  }
  if (jobs.length === 0) return [...lines, `${itsShell} has no jobs`];
  lines.push(style.bold(`Jobs of ${itsShell}${tty === null ? "" : ` on ${tty}`}`));
  lines.push(...table(jobs, style, width));
  if (jobs.some((job) => !job.managed)) lines.push(...wrapped("* in no shell's job table"));
  const note = jobs.map(({ report }) => multiplexerNote(report.situation)).find(Boolean);
  if (note) lines.push(...wrapped(note));
  lines.push("To see why: imp inspect PID");
  return lines;
}

function table(jobs: readonly ShellJob[], style: Style, width: number): string[] {
  const header = ["  PID", "STATE", "CLOSING", "EXIT", "LOGOUT", "COMMAND"].map(style.dim);
  const rows = [header, ...jobs.map((job) => row(job, style, width))];
  return foldColumns(rows, width).flatMap((part) => alignColumns(part));
}

function row(
  { state, managed, pids, report }: ShellJob,
  style: Style,
  width: number,
): string[] {
  const { facts, verdict } = report;
  const cell = (answer: Survival | undefined) =>
    answer ? colorAnswer(answer, answerWord(answer), style) : "-";
  const more = pids.length > 1 ? ` (+${pids.length - 1})` : "";
  return [
    `${managed ? " " : "*"} ${facts.pid}`,
    state,
    cell(verdict?.closing),
    cell(verdict?.exit),
    cell(verdict?.logout),
    cutToWidth(title(facts), Math.max(LEAST_COMMAND, width - OTHERS - more.length)) + more,
  ];
}
