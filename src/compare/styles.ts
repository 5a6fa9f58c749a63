import { type ComparedShell, quoteAll, TAG_VARIABLE } from "./shells.ts";

/** How a command can be started from a shell, in the order in which they are shown. */
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

/** What every style is called in tables: how it looks on the command line. */
export const LABELS: Readonly<Record<StyleName, string>> = {
  foreground: "foreground",
  background: "&",
  nohup: "nohup &",
  subshell: "( & )",
  disown: "& disown",
  setsid: "setsid",
  daemon: "imp daemon",
};

/** Its value for the program of one style: the ids of the run and of its part, as a guard reads them. */
export function tagFor(token: string, style: StyleName): string {
  return `${token}:${style}`;
}

/** What is started, and with what. */
export interface StyleLaunch {
  /** Value of {@link TAG_VARIABLE} for the program. */
  readonly tag: string;
  readonly program: readonly string[];
  /** The words that start imp. */
  readonly imp: readonly string[];
}

/** The line that is typed for a style. */
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
 * The command line of the program that makes the style and then becomes, or starts, the program proper. A process
 * that still has these words is not there yet.
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

/** Why a shell does not have a style; undefined when it has. */
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
