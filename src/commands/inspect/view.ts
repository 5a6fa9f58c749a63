import { formatDuration } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import { printable, shellLine, shortenMiddle } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { proseWidth } from "../../cli/width.ts";
import { alignColumns, cutToWidth, wrapText } from "../../cli/table.ts";
import type { ProcessFacts } from "../../inspect/facts.ts";
import type { Report } from "../../inspect/inspect.ts";
import type { ProcessSummary } from "../../inspect/program.ts";
import type { Situation } from "../../inspect/situation.ts";
import { answerWord, type Survival } from "../../inspect/outcome.ts";
import { isWaiterName } from "../../inspect/kept.ts";
import type { SurvivalVerdict } from "../../inspect/verdict.ts";
import { libc } from "../../libc/calling/load.ts";
import { localTime } from "../../libc/time.ts";
import { describeEnding, endingOf } from "../../libc/processes/wait.ts";
import { userById } from "../../libc/users/users.ts";
import { fileRows, signalRows } from "./files_view.ts";
import type { ShellJob, ShellJobs } from "../../inspect/jobs.ts";

const INDENT = "  ";
/** Where the values of rows begin. */
const VALUE = 18;
/** Where the reasons of answers begin; below the width, they stand on lines of their own. */
const REASON = 38, NARROW = 60;
/** For numbers that the kernel shows to us as 0. */
const OUTSIDE = "outside this PID namespace";

type Row = readonly [name: string, value: string];

/** One process for human readers. @param width Infinity: nothing is cut, sentences are wrapped all the same */
export function reportView(asked: number, report: Report, style: Style, width: number): string[] {
  const { facts, situation, kind, verdict } = report;
  const thread = asked === facts.pid ? [] : [`${INDENT}(${asked} is one of its threads)`];
  return [
    `${style.bold(String(facts.pid))}  ${cutToWidth(title(facts), width - 10)}`,
    ...thread,
    ...wrapText(printable(kind.title), proseWidth(width), INDENT).map((line) => style.cyan(line)),
    ...section("Why", style),
    ...kind.evidence.flatMap((sentence) => bullet(sentence, width)),
    ...(verdict ? [...section("Survives", style), ...verdictLines(verdict, style, width)] : []),
    ...section("Process", style),
    ...rows(processRows(facts, width), width),
    ...sessionSection(facts, situation, style, width),
    ...fileSection(facts, style, width),
    ...section("Signals", style),
    ...rows(signalRows(facts.signals, proseWidth(width) - VALUE), width),
    ...hiddenLines(facts, style, width),
  ];
}

export function colorAnswer(answer: Survival, text: string, style: Style): string {
  if (answer.answer === "yes") return style.green(text);
  return answer.answer === "no" ? style.red(text) : style.yellow(text);
}

/** The command line, or what ps(1) shows where there is none: the short name in brackets. */
export function title({ command, comm }: ProcessFacts): string {
  return command.length ? shellLine(command) : `[${printable(comm)}]`;
}

function section(name: string, { bold }: Style): string[] {
  return ["", INDENT + bold(name)];
}

function bullet(sentence: string, width: number): string[] {
  const lines = wrapText(printable(sentence), proseWidth(width) - 6);
  return lines.map((line, i) => `${INDENT}${INDENT}${i === 0 ? "- " : "  "}${line}`);
}

function verdictLines(
  { closing, exit, logout, notes }: SurvivalVerdict,
  style: Style,
  width: number,
): string[] {
  const prose = proseWidth(width);
  const questions: [string, Survival][] = [
    ["closing the terminal", closing],
    ["leaving the shell", exit],
    ["logging out", logout],
  ];
  const lines = questions.flatMap(([question, answer]) => {
    const left = `${INDENT}${INDENT}${question.padEnd(22)}`;
    const word = (text: string) => colorAnswer(answer, text, style);
    const reason = printable(answer.reason);
    if (prose < NARROW) {
      return [left + word(answerWord(answer)), ...wrapText(reason, prose, INDENT.repeat(3))];
    }
    const text = wrapText(reason, prose, " ".repeat(REASON));
    const first = left + word(answerWord(answer).padEnd(REASON - left.length));
    return [first + text[0].slice(REASON), ...text.slice(1)];
  });
  return [...lines, ...notes.flatMap((note) => bullet(note, width))];
}

function rows(list: readonly Row[], width: number): string[] {
  return alignColumns(list.flatMap(([name, value]) => {
    const lines = width === Infinity ? [value] : wrapText(value, width - VALUE);
    return lines.map((line, i) => [INDENT + INDENT + (i ? "" : name).padEnd(12), line]);
  }));
}

function processRows(facts: ProcessFacts, width: number): Row[] {
  const path = (text: string) => shortenMiddle(printable(text), width - VALUE);
  const { threads, exitStatus, umask, root } = facts;
  const deleted = facts.exeDeleted ? "  (removed or replaced since it was started)" : "";
  const list: (Row | false)[] = [
    facts.exe !== null && ["program", path(facts.exe) + deleted],
    ["name", printable(facts.comm)],
    ["state", `${facts.stateWord} (${facts.state}), ${threads} thread${threads === 1 ? "" : "s"}`],
    exitStatus !== null && ["ended by", describeEnding(endingOf(exitStatus))],
    ["user", userText(facts)],
    ["parent", parentText(facts)],
    facts.tracer > 0 && ["traced by", `pid ${facts.tracer}`],
    ["started", startText(facts)],
    ["used", `CPU ${formatDuration(facts.cpuMs)}, memory ${formatSize(facts.residentBytes)}`],
    facts.cwd !== null && ["directory", path(facts.cwd)],
    root !== null && ["root", path(root)],
    umask !== null && ["umask", umask.toString(8).padStart(3, "0")],
    facts.nice !== 0 && ["nice", String(facts.nice)],
    facts.cgroup !== null && ["cgroup", path(facts.cgroup)],
    facts.namespacePids.length > 1 && ["in container", `pid ${facts.namespacePids.at(-1)}`],
    facts.noNewPrivs && ["no_new_privs", "set: exec grants it nothing"],
    facts.seccomp !== "off" && ["seccomp", facts.seccomp],
  ];
  return list.filter((row) => row !== false);
}

function userText({ uids }: ProcessFacts): string {
  const real = userName(uids.real);
  return uids.effective === uids.real ? real : `${userName(uids.effective)}, started by ${real}`;
}

function userName(uid: number): string {
  const name = userById(uid)?.name;
  return name === undefined ? `uid ${uid}` : `${printable(name)} (uid ${uid})`;
}

function parentText({ parent, ppid, pid, kernelThread }: ProcessFacts): string {
  if (!parent) return ppid === 0 && !kernelThread && pid !== 1 ? OUTSIDE : "none";
  const what = parent.role === "other" ? "" : ` (${parent.role})`;
  return `${parent.pid} ${printable(parent.comm)}${what}`;
}

function startText({ startedAt }: ProcessFacts): string {
  // Boot time is known to the second only: what has just started may seem to lie ahead.
  const age = Math.max(0, Date.now() - startedAt);
  return `${localTime(startedAt)}, ${formatDuration(age)} ago`;
}

function sessionSection(
  facts: ProcessFacts,
  situation: Situation,
  style: Style,
  width: number,
): string[] {
  // These have none: the numbers are 0 as well.
  if (facts.kernelThread || (facts.pid === 1 && facts.sid === 0)) return [];
  return [...section("Session", style), ...rows(sessionRows(facts, situation), width)];
}

function sessionRows(
  facts: ProcessFacts,
  { leader, managers: [manager], keeper }: Situation,
): Row[] {
  const who = (program: ProcessSummary) => `${program.pid} ${printable(program.comm)}`;
  const group = facts.groupLeader ? `${facts.pgid}, which it leads` : String(facts.pgid);
  const list: (Row | false)[] = [
    ["session", sessionText(facts, leader)],
    ["group", facts.pgid === 0 ? OUTSIDE : group],
    manager !== undefined && ["managed by", who(manager)],
    ["terminal", terminalText(facts)],
    keeper !== null && facts.tty !== null &&
    [isWaiterName(keeper.comm) ? "held by" : "opened by", who(keeper)],
  ];
  return list.filter((row) => row !== false);
}

function sessionText({ sid, sessionLeader }: ProcessFacts, leader: ProcessSummary | null): string {
  if (sid === 0) return OUTSIDE;
  if (sessionLeader) return `${sid}, which it leads`;
  return `${sid}, ${leader ? `led by ${printable(leader.comm)}` : "its leader has exited"}`;
}

function terminalText({ tty, foreground, foregroundPgid }: ProcessFacts): string {
  if (tty === null) return "none";
  if (foreground) return `${tty}, in the foreground`;
  // A shell that runs imp has lent it the terminal.
  const own = libc("getpgid").getpgid(0) === foregroundPgid;
  const front = own ? "imp itself, at present" : `group ${foregroundPgid ?? "unknown"}`;
  return `${tty}, in the background (foreground: ${front})`;
}

function fileSection(facts: ProcessFacts, style: Style, width: number): string[] {
  if (facts.fdCount === 0) return [];
  const lines = alignColumns(fileRows(facts, width)).map((line) => cutToWidth(line, width));
  return [...section("Open files", style), ...lines];
}

function hiddenLines({ hidden }: ProcessFacts, style: Style, width: number): string[] {
  if (hidden.length === 0) return [];
  const names = hidden.map(({ fact }) => fact).sort().join(", ");
  const reasons = [...new Set(hidden.map(({ errno }) => errno))].join(", ");
  const asRoot = libc("geteuid").geteuid() === 0;
  const hint = asRoot
    ? "it has rights that imp does not have"
    : "ask root, or the owner of the process";
  const text = `could not be read: ${names} (${reasons}); ${hint}`;
  return ["", ...wrapText(text, proseWidth(width), INDENT).map((line) => style.yellow(line))];
}

// docs/inspect.md describes these objects: names are only ever added.

/** @param asked the PID on the command line: that of a thread, perhaps */
export function reportJson(asked: number, report: Report | undefined): Record<string, unknown> {
  if (!report) return { pid: asked, found: false };
  const { situation, facts: { pid, ...facts } } = report;
  return {
    pid,
    found: true,
    ...(asked === pid ? {} : { thread: asked }),
    ...judgement(report),
    ...facts,
    // As everybody writes it.
    umask: facts.umask === null ? null : facts.umask.toString(8).padStart(3, "0"),
    leader: brief(situation.leader),
    manager: brief(situation.managers[0] ?? null),
  };
}

export function jobsJson({ caller, shell, tty, jobs }: ShellJobs): Record<string, unknown> {
  return { caller: brief(caller), shell: brief(shell), tty, jobs: jobs.map(jobJson) };
}

function jobJson({ pgid, state, managed, pids, report }: ShellJob): Record<string, unknown> {
  const { comm, command } = report.facts;
  return { pgid, state, managed, pids, comm, command, ...judgement(report) };
}

function judgement({ kind, verdict }: Report): Record<string, unknown> {
  const { notes, ...survives } = verdict ?? { notes: [] };
  return { ...kind, survives: verdict ? survives : null, notes };
}

function brief(program: ProcessSummary | null): Record<string, unknown> | null {
  if (!program) return null;
  const { pid, comm, shell = null, login, interactive } = program;
  return { pid, comm, shell, login, interactive };
}
