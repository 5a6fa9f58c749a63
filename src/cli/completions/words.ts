import type { Option } from "../options.ts";

/** What kind of word it is, as far as a shell can complete it. */
export type WordKind =
  | "program"
  | "file"
  | "directory"
  | "user"
  | "signal"
  | "pid"
  | "kept"
  | "daemon"
  | "signalled"
  | "inspected"
  | "exported"
  | "project"
  | "profile"
  | "host"
  | "timezone"
  | "run"
  | "runs"
  | "scenario"
  | "check"
  | "command"
  | "topic"
  | "shell"
  | "none";

/** Kinds whose words only imp knows: `imp completion-words KIND LINE` prints them; LINE is what has been typed. */
export const ASKED_KINDS: readonly WordKind[] = [
  "signal",
  "pid",
  "kept",
  "daemon",
  "signalled",
  "inspected",
  "exported",
  "project",
  "profile",
  "host",
  "timezone",
  "run",
  "runs",
  "scenario",
  "check",
  "command",
  "topic",
];

/** A command, for completions. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** What its operands are. */
  readonly operands: WordKind;
  /** A program may follow: after its options, or where names come first, after `--`. */
  readonly takesProgram: boolean;
}

/** The value of an option, as its help names it. */
const KINDS: readonly (readonly [value: RegExp, WordKind])[] = [
  [/^(?:FILE|PIDFILE|PATH$|MODULE|PROGRAM\|DIR)/, "file"],
  [/^DIR/, "directory"],
  [/^USER/, "user"],
  [/^SIGNAL$/, "signal"],
  [/^CMD$|^COMMAND$/, "program"],
  [/^HOST,/, "host"],
  [/^RUN$/, "run"],
  [/^TZ$/, "timezone"],
];

/** What kind of value an option takes, unless it has choices. */
export function valueKind({ name, value = "" }: Option): WordKind {
  if (name === "profile") return "profile";
  return KINDS.find(([pattern]) => pattern.test(value))?.[1] ?? "none";
}

/** `--name` and `-n`. */
export function spellings({ name, short }: Option): string[] {
  return short ? [`--${name}`, `-${short}`] : [`--${name}`];
}

/** Including other tools' names for it: understood, but not offered. */
export function allSpellings(option: Option): string[] {
  return [...spellings(option), ...option.aliases ?? []];
}
