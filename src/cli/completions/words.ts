import type { Option } from "../options.ts";

/** What a word of the command line is, as far as a shell can complete it. */
export type WordKind =
  | "program"
  | "file"
  | "directory"
  | "user"
  | "signal"
  | "pid"
  | "daemon"
  | "project"
  | "scenario"
  | "check"
  | "command"
  | "topic"
  | "shell"
  | "none";

/** Kinds whose words only imp knows: `imp completion-words KIND` prints them. */
export const ASKED_KINDS: readonly WordKind[] = [
  "signal",
  "pid",
  "daemon",
  "project",
  "scenario",
  "check",
  "command",
  "topic",
];

/** A command as completions see it. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** What its operands are. */
  readonly operands: WordKind;
}

/** What the value of an option is; its choices come before this. */
export function valueKind({ value = "" }: Option): WordKind {
  if (/^(?:FILE|PIDFILE|MODULE)/.test(value)) return "file";
  if (/^DIR/.test(value)) return "directory";
  if (/^USER/.test(value)) return "user";
  if (/^(?:SIGNAL|SIG)$/.test(value)) return "signal";
  return /^(?:PID)$/.test(value) ? "pid" : "none";
}

/** `--name` and `-n`. */
export function spellings({ name, short }: Option): string[] {
  return short ? [`--${name}`, `-${short}`] : [`--${name}`];
}

/** Also what other tools call it: understood, not offered. */
export function allSpellings(option: Option): string[] {
  return [...spellings(option), ...option.aliases ?? []];
}
