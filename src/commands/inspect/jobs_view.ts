import { printable, shorten } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { alignColumns, wrapText } from "../../cli/table.ts";
import type { ShellJob, ShellJobs } from "../../inspect/jobs.ts";
import type { ProcessSummary } from "../../inspect/program.ts";
import { multiplexerNote } from "../../inspect/notes.ts";
import { answerWord, type Survival } from "../../inspect/outcome.ts";
import { colorAnswer, title } from "./view.ts";

const COMMAND_WIDTH = 48;
const NOTE_WIDTH = 80;

/** The jobs of the calling shell for human readers. */
export function jobsView({ caller, shell, tty, jobs }: ShellJobs, style: Style): string[] {
  if (!shell) {
    const who = caller ? `${named(caller)}, which is no shell` : "a process that cannot be seen";
    return [`imp was started by ${who}: there are no jobs to list. Give a PID: imp inspect PID`];
  }
  const lines: string[] = [];
  if (caller && caller.pid !== shell.pid) {
    lines.push(
      `imp was started by ${named(caller)}, no shell; the nearest shell is ${named(shell)}`,
    );
  }
  if (!shell.interactive) {
    lines.push(
      `${named(shell)} is not interactive, so it has no job control`,
    );
  }
  if (jobs.length === 0) return [...lines, `${named(shell)} has no jobs`];
  lines.push(style.bold(`Jobs of ${named(shell)}${tty === null ? "" : ` on ${tty}`}`));
  lines.push(...table(jobs, style));
  if (jobs.some((job) => !job.managed)) lines.push("* managed by no shell: not in its job table");
  const note = jobs.map(({ report }) => multiplexerNote(report.situation)).find(Boolean);
  if (note) lines.push(...wrapText(note, NOTE_WIDTH));
  lines.push("why: imp inspect PID");
  return lines;
}

function table(jobs: readonly ShellJob[], style: Style): string[] {
  const header = ["  PID", "STATE", "CLOSING", "EXIT", "LOGOUT", "COMMAND"].map(style.dim);
  return alignColumns([header, ...jobs.map((job) => row(job, style))]);
}

function row({ state, managed, pids, report }: ShellJob, style: Style): string[] {
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
    shorten(title(facts), COMMAND_WIDTH) + more,
  ];
}

function named({ comm, pid }: ProcessSummary): string {
  return `${printable(comm)} (pid ${pid})`;
}
