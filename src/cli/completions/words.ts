import type { Option } from "../options.ts";

/** What kind of word it is, as far as a shell can complete it. */
export type WordKind =
  | "program"
  | "file"
  | "directory"
  | "user"
  | "signal"
  | "pid"
  | "daemon"
  | "signalled"
  | "project"
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
  "daemon",
  "signalled",
  "project",
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
}

/** What kind of value an option takes, unless it has choices. */
export function valueKind({ value = "" }: Option): WordKind {
  if (/^(?:FILE|PIDFILE|MODULE|PROGRAM\|DIR)/.test(value)) return "file";
  if (/^DIR/.test(value)) return "directory";
  if (/^USER/.test(value)) return "user";
  if (/^(?:SIGNAL|SIG)$/.test(value)) return "signal";
  if (value === "RUN") return "run";
  return value === "PID" ? "pid" : "none";
}

/** `--name` and `-n`. */
export function spellings({ name, short }: Option): string[] {
  return short ? [`--${name}`, `-${short}`] : [`--${name}`];
}

/** Including other tools' names for it: understood, but not offered. */
export function allSpellings(option: Option): string[] {
  return [...spellings(option), ...option.aliases ?? []];
}
