import {
  type Fate,
  fateOf,
  type MeasuredRow,
  type Row,
  type StartedRow,
  type TerminalEnding,
} from "./rows.ts";
import { shortTarget } from "./layout.ts";
import { LABELS, type StyleName } from "./styles.ts";

type Seen = StartedRow | MeasuredRow;

/**
 * How a daemon differs from a background job, judged by the rows alone: parent and terminal, the end of the terminal,
 * what is inherited, and where output goes.
 */
export function differences(rows: readonly Row[], by: TerminalEnding): string[] {
  const seen = rows.filter((row): row is Seen => row.is !== "unmeasured");
  const measured = rows.filter((row): row is MeasuredRow => row.is === "measured");
  if (seen.length === 0) return [];
  return [
    `Parent and terminal: ${parents(seen)}; ${terminals(seen)}.`,
    ...printers(measured),
    ...survivors(measured, by),
    `Inherited from the shell: ${inheritance(seen)}.`,
    ...outputs(measured),
  ];
}

/** Which style to use for what, as far as the rows support it. */
export function advice(rows: readonly Row[], by: TerminalEnding): string[] {
  const measured = rows.filter((row): row is MeasuredRow => row.is === "measured");
  const fates = groupBy(measured, fateOf);
  return ADVICE.flatMap(([fate, text]) => {
    const those = fates.get(fate);
    return those ? [`${list(those)}: ${text(by)}.`] : [];
  });
}

const GONE: Record<TerminalEnding, string> = {
  close: "closing the terminal",
  exit: "leaving the shell",
};

const ADVICE: readonly (readonly [Fate, (by: TerminalEnding) => string])[] = [
  ["ended", (by) => `for work that may end with you; ${GONE[by]} ended it`],
  [
    "kept output",
    () => "enough for a long job of your own; life and output go on without the terminal",
  ],
  [
    "lost terminal",
    () =>
      "for a long job whose output you send to a file yourself; whatever still goes to the terminal is lost",
  ],
  ["silent", () => "for a long job whose output is not needed"],
  [
    "daemon",
    () =>
      "for services; nothing of the shell is left to hold on to; options -o and -e name files for the output",
  ],
];

function parents(rows: readonly Seen[]): string {
  const groups = groupBy(rows, ({ before: { ppid, parent }, shell }) => {
    if (ppid === shell.pid) return "the shell";
    if (parent?.role === "init") return "init";
    return parent ? `${parent.comm} (pid ${ppid}, ${parent.role})` : `pid ${ppid}`;
  });
  const told = [...groups].map(([who, those]) => `${who} is the parent of ${list(those)}`);
  return told.join(", ");
}

function terminals(rows: readonly Seen[]): string {
  const without = rows.filter(({ before }) => before.tty === null);
  if (without.length === 0) return "all of them have the terminal";
  if (without.length === rows.length) return "none of them has a terminal";
  return `${list(without)} ${have(without)} no terminal`;
}

function printers(rows: readonly MeasuredRow[]): string[] {
  const onTerminal = rows.filter(({ after }) => (after.output.onTerminal ?? 0) > 0);
  if (onTerminal.length === 0) return [];
  const without = onTerminal.filter(({ before }) => before.tty === null);
  const but = without.length === 0
    ? ""
    : ` (${
      list(without)
    } too: having no terminal is not the same as letting go of its descriptors)`;
  return [`Lines on the terminal came from ${list(onTerminal)}${but}.`];
}

function survivors(rows: readonly MeasuredRow[], by: TerminalEnding): string[] {
  if (rows.length === 0) return [];
  const dead = rows.filter(({ after }) => !after.alive);
  const alive = rows.filter(({ after }) => after.alive);
  const causes = dead.map(({ style, after: { endedBy } }) =>
    nameOf(style) + (endedBy ? ` (${endedBy})` : "")
  );
  const ended = dead.length ? `ended ${join(causes)}` : "ended none of them";
  const rest = alive.length
    ? `${list(alive)} ${alive.length === 1 ? "lives" : "live"} on`
    : "nothing lives on";
  return [`End of the terminal: ${GONE[by]} ${ended}; ${rest}.`];
}

function inheritance(rows: readonly Seen[]): string {
  const facts: [string, (row: Seen) => boolean][] = [
    ["session", ({ before, shell }) => before.sid === shell.sid],
    ["process group", ({ before, shell }) => before.pgid === shell.pgid],
    ["directory", ({ before, shell }) => before.cwd === shell.cwd],
    ["umask", ({ before, shell }) => before.umask === shell.umask],
    [
      "standard output",
      ({ before, shell }) => before.streams[1]?.target === shell.streams[1]?.target,
    ],
  ];
  return facts.map(([name, same]) => `${name} by ${share(rows, same)}`).join("; ");
}

/** `all`, `none`, `all but imp daemon`, or the names. */
function share(rows: readonly Seen[], same: (row: Seen) => boolean): string {
  const those = rows.filter(same);
  const others = rows.filter((row) => !same(row));
  if (others.length === 0) return "all";
  if (those.length === 0) return "none";
  return others.length < those.length ? `all but ${list(others)}` : list(those);
}

function outputs(rows: readonly MeasuredRow[]): string[] {
  const alive = rows.filter(({ after }) => after.alive);
  const groups = groupBy(alive, ({ after: { output: { to, after, file } } }) => {
    if (!to) return "has nowhere to go";
    if (file) {
      return file.bytesNow > file.bytesThen
        ? `goes on into ${shortTarget(to)}`
        : `goes to ${shortTarget(to)}, nothing came`;
    }
    const failed = Object.keys(after ?? {}).filter((name) => name !== "ok");
    if (failed.length > 0) return `fails with ${failed.join(" and ")}`;
    if (to.kind === "terminal" && !after) return "goes to a terminal that is gone";
    return `disappears in ${to.target}`;
  });
  if (groups.size === 0) return [];
  const told = [...groups].map(([what, those]) => `that of ${list(those)} ${what}`);
  return [`Output after the terminal was gone: ${told.join("; ")}.`];
}

function have(rows: readonly Seen[]): string {
  return rows.length === 1 ? "has" : "have";
}

function list(rows: readonly Row[]): string {
  return join(rows.map(({ style }) => nameOf(style)));
}

/** A style's label for use within a sentence. */
function nameOf(style: StyleName): string {
  return `\`${LABELS[style]}\``;
}

/** `a`, `a and b`, `a, b and c`. */
function join(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
