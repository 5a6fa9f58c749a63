import {
  type Command,
  type CommandEntry,
  COMMON_OPTIONS,
  type Option,
  optionSummary,
} from "./options.ts";

/** What manual pages are about. */
export interface Edition {
  readonly version: string;
  /** That of the commit and not today's, so that two builds are identical; '' where it is unknown. */
  readonly date: string;
}

/** Section, date and source stand in the title line. */
function head(name: string, { version, date }: Edition): string {
  return `.TH ${name.toUpperCase()} 1 "${date}" "imp ${version}" "User Commands"`;
}

/** imp-COMMAND(1), from the command's own table: man(7). */
export function commandManual(command: Command, summary: string, edition: Edition): string {
  const { name, usage, description, options, examples, exits } = command;
  const headings = new Set([...options.map(({ group }) => group ?? "Options")]);
  return lines(
    head(`imp-${name}`, edition),
    ".SH NAME",
    `imp\\-${roff(name)} \\- ${roff(summary)}`,
    ".SH SYNOPSIS",
    ...usage.flatMap((line, i) => [...(i > 0 ? [".br"] : []), `.B imp ${roff(line)}`]),
    ".SH DESCRIPTION",
    ...description.flatMap((text, i) => [...(i > 0 ? [".PP"] : []), roff(text)]),
    ".SH OPTIONS",
    ...[...headings].flatMap((heading) => [
      ...(headings.size > 1 ? [`.SS ${roff(heading)}`] : []),
      ...options.filter(({ group }) => (group ?? "Options") === heading).flatMap(optionManual),
    ]),
    ".SS General options",
    ...COMMON_OPTIONS.flatMap(optionManual),
    ...(exits
      ? [
        ".SH EXIT STATUS",
        ...exits.flatMap(([code, says]) => [".TP", `.B ${roff(code)}`, roff(says)]),
      ]
      : []),
    ".SH EXAMPLES",
    ...examples.flatMap(({ line, says }) => [".TP", `.B ${roff(line)}`, roff(says)]),
    ".SH SEE ALSO",
    ".BR imp (1)",
  );
}

/** imp(1): the commands, and what is the same in all of them. */
export function generalManual(entries: readonly CommandEntry[], edition: Edition): string {
  const listed = entries.filter(({ hidden }) => !hidden);
  const groups = [...new Set(listed.map(({ group }) => group ?? "Other commands"))];
  return lines(
    head("imp", edition),
    ".SH NAME",
    "imp \\- makes daemons, runs jobs, and shows what processes really are",
    ".SH SYNOPSIS",
    ".B imp",
    ".I COMMAND",
    "[OPTIONS] [\\-\\-] [PROGRAM [ARG...]]",
    ".br",
    ".B imp help",
    "[COMMAND | TOPIC | topics]",
    ".SH DESCRIPTION",
    "If a command runs PROGRAM, options end at the first word that is not one, or at \\-\\-;",
    "what follows is executed as it is, never through a shell.",
    "Other commands take options after their operands too.",
    "Data goes to standard output, messages to standard error.",
    ".PP",
    ".B imp help topics",
    "lists the pages of the documentation, which are inside the executable;",
    ".B imp help",
    ".I TOPIC",
    "prints one of them,",
    ".B imp help",
    ".I COMMAND",
    "the help of a command.",
    ".SH COMMANDS",
    ...groups.flatMap((group) => [
      `.SS ${roff(group)}`,
      ...listed.filter((one) => (one.group ?? "Other commands") === group)
        .flatMap(({ name, summary }) => [".TP", `.BR imp\\-${roff(name)} (1)`, roff(summary)]),
    ]),
    ".SH OPTIONS",
    "Every command has these; they may also stand before its name.",
    ...COMMON_OPTIONS.flatMap(optionManual),
    ".TP",
    '.BR \\-V ", " \\-\\-version',
    "print the version; with \\-\\-verbose, what imp was made from",
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, says]) => [".TP", `.B ${name}`, roff(says)]),
    ".SH EXIT STATUS",
    ...EXITS.flatMap(([code, says]) => [".TP", `.B ${code}`, roff(says)]),
    ".SH FILES",
    ...FILES.flatMap(([path, says]) => [".TP", `.I ${roff(path)}`, roff(says)]),
  );
}

const ENVIRONMENT = [
  ["IMP_HOME", "directory for pidfiles by name, kept daemons and their logs"],
  [
    "XDG_STATE_HOME, XDG_RUNTIME_DIR",
    "below them, for users other than root without IMP_HOME: kept daemons and logs, pidfiles by name",
  ],
  ["NATS_URL", "the servers of a queue for imp runs, unless --on names them"],
  ["TMPDIR", "directory for temporary files (default /tmp)"],
  ["NO_COLOR", "no colours, unless --color says otherwise"],
  ["LC_ALL, LC_CTYPE, LANG", "a locale without UTF-8 gives ASCII"],
  ["TERM", "on a dumb terminal nothing is coloured or drawn over"],
] as const;

const FILES = [
  ["/var/lib/imp, ~/.local/state/imp", "records of kept daemons, of root and of other users"],
  ["/var/log/imp, ~/.local/state/imp/logs", "their logs, unless --log names others"],
  ["imp.toml, Procfile", "what imp up starts, in the working directory"],
] as const;

const EXITS = [
  ["0", "done"],
  ["1", "the answer is no, or something asked for failed"],
  ["2", "wrong usage"],
  ["3, 4", "of imp status: not running, unknown"],
  ["124", "timed out"],
  ["125", "imp itself failed"],
  ["126", "PROGRAM cannot be executed"],
  ["127", "PROGRAM was not found"],
  ["128+n", "ended by signal n"],
] as const;

function optionManual(option: Option): string[] {
  const { short, name, value } = option;
  const words = `${short ? `\\fB\\-${roff(short)}\\fR, ` : ""}\\fB\\-\\-${roff(name)}\\fR`;
  const shown = value ? `${words} \\fI${roff(value)}\\fR` : words;
  return [".TP", shown, roff(optionSummary(option))];
}

/** Escapes text for troff: no escapes, no minus that becomes a hyphen, no line that is a request. */
function roff(text: string): string {
  const plain = text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq").replaceAll("`", "\\(ga");
  return /^[.]/.test(plain) ? `\\&${plain}` : plain;
}

function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
