import { type ComparedShell, quoteAll, TAG_VARIABLE } from "./shells.ts";

/** The ways to start a command from a shell, in display order. */
export const STYLES = [
  "foreground",
  "background",
  "nohup",
  "subshell",
  "disown",
  "setsid",
  "daemon",
] as const;
export type StyleName = (typeof STYLES)[number];

/** Each style's name in tables: how it looks on the command line. */
export const LABELS: Readonly<Record<StyleName, string>> = {
  foreground: "foreground",
  background: "&",
  nohup: "nohup &",
  subshell: "( & )",
  disown: "& disown",
  setsid: "setsid",
  daemon: "imp daemon",
};

/** The tag's value for a style's program: the ids of the run and the part, as a guard reads them. */
export function tagFor(token: string, style: StyleName): string {
  return `${token}:${style}`;
}

/** What is started, and how. */
export interface StyleLaunch {
  /** Value of {@link TAG_VARIABLE} for the program. */
  readonly tag: string;
  readonly program: readonly string[];
  /** The words that start imp. */
  readonly imp: readonly string[];
}

/** The line typed for a style. */
export function typedLine(style: StyleName, { tag, program, imp }: StyleLaunch): string {
  const words = quoteAll(program);
  const line = lineOf(style, words, quoteAll(imp));
  return style === "subshell"
    ? `(${TAG_VARIABLE}=${tag} ${line.slice(1)}`
    : `${TAG_VARIABLE}=${tag} ${line}`;
}

/** The same line as the user would write it. */
export function shownLine(style: StyleName): string {
  return lineOf(style, "PROGRAM", "imp");
}

/**
 * The command line of the program that makes the style and then becomes, or starts, the real program. A process that
 * still has these words is not there yet.
 */
export function wrapperWords(
  style: StyleName,
  { program, imp }: StyleLaunch,
): readonly string[] | undefined {
  switch (style) {
    case "nohup":
    case "setsid":
      return [style, ...program];
    case "daemon":
      return [...imp, "daemon", "--", ...program];
    default:
      return undefined;
  }
}

/** Why a shell lacks a style; undefined if it has it. */
export function lacks(shell: ComparedShell, style: StyleName): string | undefined {
  return style === "disown" && shell === "dash" ? "dash has no disown" : undefined;
}

function lineOf(style: StyleName, program: string, imp: string): string {
  switch (style) {
    case "foreground":
      return program;
    case "background":
      return `${program} &`;
    case "nohup":
      return `nohup ${program} &`;
    case "subshell":
      return `(${program} &)`;
    case "disown":
      return `${program} & disown`;
    case "setsid":
      return `setsid ${program}`;
    case "daemon":
      return `${imp} daemon -- ${program}`;
  }
}
