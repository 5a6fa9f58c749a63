import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { proseWidth } from "../../cli/width.ts";
import { alignColumns, cutToWidth, wrapText } from "../../cli/table.ts";
import type { Activity } from "../../inspect/activity.ts";
import type { ProcessFacts } from "../../inspect/facts.ts";
import type { Report } from "../../inspect/inspect.ts";
import type { ProcessSummary } from "../../inspect/program.ts";
import type { Situation } from "../../inspect/situation.ts";
import { answerWord, type Survival } from "../../inspect/outcome.ts";
import { isWaiterName } from "../../inspect/kept.ts";
import type { SurvivalVerdict } from "../../inspect/verdict.ts";
import { libc } from "../../libc/calling/load.ts";
import { type FactRow, OUTSIDE, processRows, VALUE } from "./process_rows.ts";
import { fileRows, signalRows } from "./files_view.ts";

const INDENT = "  ";
/** Where the reasons of answers begin; below this width, they are on lines of their own. */
const REASON = 38, NARROW = 60;

/** One process for human readers. @param width Infinity: nothing is cut, but sentences are still wrapped */
export function reportView(
  asked: number,
  report: Report,
  activity: Activity,
  style: Style,
  width: number,
): string[] {
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
    ...rows(processRows(facts, activity, width), width),
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

/** The command line, or what ps(1) shows if there is none: the short name in brackets. */
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

function rows(list: readonly FactRow[], width: number): string[] {
  return alignColumns(list.flatMap(([name, value]) => {
    const lines = width === Infinity ? [value] : wrapText(value, width - VALUE);
    return lines.map((line, i) => [INDENT + INDENT + (i ? "" : name).padEnd(12), line]);
  }));
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
): FactRow[] {
  const who = (program: ProcessSummary) => `${program.pid} ${printable(program.comm)}`;
  const group = facts.groupLeader ? `${facts.pgid}, which it leads` : String(facts.pgid);
  const list: (FactRow | false)[] = [
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
