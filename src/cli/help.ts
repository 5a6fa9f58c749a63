import {
  type Command,
  type CommandEntry,
  COMMON_OPTIONS,
  type Option,
  optionSummary,
} from "./options.ts";
import { styles } from "./style.ts";
import { alignColumns, displayWidth, wrapText } from "./table.ts";

/** The most columns that a page of help takes. */
export const HELP_WIDTH = 80;
/** Below this an explanation stands under what it explains, not beside it. */
const NARROW = 60;

export interface HelpLook {
  readonly colored?: boolean;
  /** The terminal's width. */
  readonly width?: number;
}

/** The page of `imp COMMAND --help`, generated from the command's table. */
export function commandHelp(command: Command, summary: string, look: HelpLook = {}): string {
  const { bold } = styles(look.colored ?? false);
  const width = Math.min(look.width ?? HELP_WIDTH, HELP_WIDTH);
  const lines = [...wrapText(`imp ${command.name}: ${summary}`, width), "", bold("Usage:")];
  for (const usage of command.usage) lines.push(...hanging(`imp ${usage}`, width));
  for (const paragraph of command.description) lines.push("", ...wrapText(paragraph, width));
  for (const [heading, options] of grouped([...command.options, ...COMMON_OPTIONS])) {
    lines.push("", bold(`${heading}:`), ...optionLines(options, width));
  }
  if (command.examples.length > 0) lines.push("", bold("Examples:"));
  for (const { line, says } of command.examples) {
    lines.push(`  ${line}`, ...wrapText(says, width, "      "));
  }
  if (command.exits) {
    lines.push("", bold("Exit status:"), ...exitLines(command.exits, width));
  }
  return lines.join("\n");
}

/** The page of `imp --help`: the commands, grouped by purpose. */
export function generalHelp(entries: readonly CommandEntry[], look: HelpLook = {}): string {
  const { bold } = styles(look.colored ?? false);
  const width = Math.min(look.width ?? HELP_WIDTH, HELP_WIDTH);
  const listed = entries.filter((entry) => !entry.hidden);
  const groups = [...new Set(listed.map(({ group }) => group))];
  const pair = (rows: readonly (readonly [string, string])[]) =>
    explained(rows, width, NAME_COLUMN);
  return [
    ...wrapText("imp: makes daemons, runs jobs, and shows what processes really are", width),
    "",
    bold("Usage:"),
    ...hanging("imp COMMAND [OPTIONS] [--] [PROGRAM [ARG...]]", width),
    ...groups.flatMap((group) => [
      "",
      bold(`${group ?? "Other commands"}:`),
      ...pair(
        listed.filter((one) => one.group === group).map(({ name, summary }) => [name, summary]),
      ),
    ]),
    "",
    bold("Options:"),
    ...pair([
      ["-h, --help", "print this help; after a command, the help of that command"],
      ["-V, --version", "print the version; with --verbose, what imp was made from"],
    ]),
    "",
    ...wrapText(
      "`imp COMMAND --help` explains a command, with examples; `imp help topics` lists the pages of the documentation.",
      width,
    ),
  ].join("\n");
}

/** The column where command summaries begin. */
const NAME_COLUMN = 17;

/** Words beside their explanations, or above them if there is little room. */
export function explained(
  rows: readonly (readonly [string, string])[],
  width: number,
  column: number,
): string[] {
  return rows.flatMap(([left, right]) => {
    if (width < NARROW) return [`  ${left}`, ...wrapText(right, width, "      ")];
    const lines = wrapText(right, width - column);
    return lines.map((line, i) => `${i === 0 ? `  ${left}` : ""}`.padEnd(column) + line);
  });
}

function grouped(options: readonly Option[]): Map<string, Option[]> {
  const groups = new Map<string, Option[]>();
  for (const option of options) {
    const heading = option.group ??
      (COMMON_OPTIONS.some(({ name }) => name === option.name) ? "General options" : "Options");
    groups.set(heading, [...groups.get(heading) ?? [], option]);
  }
  return groups;
}

/** A synopsis with indented continuation lines. */
function hanging(usage: string, width: number): string[] {
  return wrapText(usage, width - 6).map((line, i) => `${i === 0 ? "  " : "      "}${line}`);
}

function exitLines(
  exits: readonly (readonly [code: string, meaning: string])[],
  width: number,
): string[] {
  const column = Math.max(...exits.map(([code]) => code.length)) + 4;
  return alignColumns(
    exits.flatMap(([code, meaning]) =>
      wrapText(meaning, width - column).map((line, i) => [i === 0 ? `  ${code}` : "", line])
    ),
  );
}

function optionLines(options: readonly Option[], width: number): string[] {
  const left = options.map(optionHead);
  const column = width < NARROW
    ? 8
    : Math.min(34, Math.max(...left.map((text) => displayWidth(text))) + 2);
  return options.flatMap((option, i) => {
    const text = wrapText(optionSummary(option), width - column);
    const first = left[i].length < column ? left[i].padEnd(column) + text[0] : left[i];
    const rest = left[i].length < column ? text.slice(1) : text;
    return [first, ...rest.map((line) => " ".repeat(column) + line)];
  });
}

/** `  -p, --pidfile FILE` */
function optionHead({ short, name, value }: Option): string {
  return `  ${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`;
}
