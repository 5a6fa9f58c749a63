import { type Command, type CommandEntry, COMMON_OPTIONS, type Option } from "./options.ts";
import { styles } from "./style.ts";
import { alignColumns, wrapText } from "./table.ts";

const WIDTH = 80;

/** The page of `imp COMMAND --help`, made from the command's own table. */
export function commandHelp(command: Command, summary: string, colored = false): string {
  const { bold } = styles(colored);
  const lines = [`imp ${command.name}: ${summary}`, "", bold("Usage:")];
  for (const usage of command.usage) lines.push(...hanging(`imp ${usage}`));
  for (const paragraph of command.description) lines.push("", ...wrapText(paragraph, WIDTH));
  for (const [heading, options] of grouped([...command.options, ...COMMON_OPTIONS])) {
    lines.push("", bold(`${heading}:`), ...optionLines(options));
  }
  lines.push("", bold("Examples:"));
  for (const { line, says } of command.examples) lines.push(`  ${line}`, `      ${says}`);
  if (command.exits) {
    lines.push("", bold("Exit status:"));
    lines.push(...exitLines(command.exits));
  }
  return lines.join("\n");
}

/** The page of `imp --help`. */
export function generalHelp(entries: readonly CommandEntry[], colored = false): string {
  const { bold } = styles(colored);
  const commands = entries.filter((entry) => !entry.hidden);
  return [
    "imp: turns commands into daemons, and shows what processes really are",
    "",
    bold("Usage:"),
    "  imp COMMAND [OPTIONS] [--] PROGRAM [ARG...]",
    "",
    bold("Commands:"),
    ...alignColumns(commands.map(({ name, summary }) => [`  ${name}`, summary])),
    "",
    bold("Options:"),
    ...alignColumns([
      ["  -h, --help", "print this help; after a command, the help of that command"],
      ["  -V, --version", "print the version"],
    ]),
    "",
    "`imp COMMAND --help` tells everything about a command, with examples.",
  ].join("\n");
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

/** A synopsis; where it goes on, it stands further in. */
function hanging(usage: string): string[] {
  return wrapText(usage, WIDTH - 6).map((line, i) => `${i === 0 ? "  " : "      "}${line}`);
}

function exitLines(exits: readonly (readonly [code: string, meaning: string])[]): string[] {
  const column = Math.max(...exits.map(([code]) => code.length)) + 4;
  return alignColumns(
    exits.flatMap(([code, meaning]) =>
      wrapText(meaning, WIDTH - column).map((line, i) => [i === 0 ? `  ${code}` : "", line])
    ),
  );
}

function optionLines(options: readonly Option[]): string[] {
  const left = options.map(({ short, name, value }) => {
    const dash = short ? `-${short}, ` : "    ";
    return `  ${dash}--${name}${value ? ` ${value}` : ""}`;
  });
  const column = Math.min(34, Math.max(...left.map((text) => text.length)) + 2);
  return options.flatMap(({ summary, many }, i) => {
    const text = wrapText(summary + (many ? " (may be repeated)" : ""), WIDTH - column);
    const first = left[i].length < column ? left[i].padEnd(column) + text[0] : left[i];
    const rest = left[i].length < column ? text.slice(1) : text;
    return [first, ...rest.map((line) => " ".repeat(column) + line)];
  });
}
