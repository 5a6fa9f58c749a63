import { UsageError } from "../../base/errors.ts";
import { type Given, JSON_OPTION, type Option } from "../../cli/options.ts";
import { ENDINGS, type TerminalEnding } from "../../compare/rows.ts";
import { type ComparedShell, SHELLS } from "../../compare/shells.ts";
import { LABELS, type StyleName, STYLES } from "../../compare/styles.ts";
import { type Format, FORMATS } from "./output.ts";

export const COMPARE_OPTIONS = [
  {
    name: "shell",
    value: "SHELL",
    choices: SHELLS,
    summary: "bash, zsh or dash (default: the first of them that is installed)",
  },
  {
    name: "by",
    value: "END",
    choices: ENDINGS,
    summary: "close: close the terminal, like its window (default); exit: type exit",
  },
  {
    name: "styles",
    value: "LIST",
    summary: `only these, separated by commas, of ${STYLES.join(", ")}`,
  },
  {
    name: "format",
    value: "FORMAT",
    choices: FORMATS,
    summary: "table (default), markdown, json, or html: a page with drawings",
  },
  {
    name: "output",
    short: "o",
    value: "FILE",
    summary: "write to FILE, whole or not at all, instead of standard output",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
type CompareOption = typeof COMPARE_OPTIONS[number];

export interface ComparisonRequest {
  /** By default the first one installed. */
  readonly shell?: ComparedShell;
  readonly by: TerminalEnding;
  readonly styles: readonly StyleName[];
  /** Words as written; none: imp's own probe. */
  readonly program: readonly string[];
  readonly format: Format;
  readonly output?: string;
  readonly color?: string;
  readonly quiet: boolean;
}

/** @throws UsageError */
export function comparisonRequest(
  values: Given<CompareOption>,
  operands: readonly string[],
): ComparisonRequest {
  if (operands.some((word) => !word.isWellFormed())) {
    throw new UsageError("the words of PROGRAM must be UTF-8", "they are typed on a terminal");
  }
  return {
    shell: values.text("shell") as ComparedShell | undefined,
    by: values.text("by") as TerminalEnding | undefined ?? "close",
    styles: stylesOf(values.text("styles")),
    program: operands,
    format: formatOf(values.text("format") as Format | undefined, values.has("json")),
    output: outputOf(values.text("output")),
    color: values.text("color"),
    quiet: values.has("quiet"),
  };
}

function outputOf(text: string | undefined): string | undefined {
  if (text === "") throw new UsageError("--output needs a name, and it is empty");
  return text;
}

function formatOf(format: Format | undefined, json: boolean): Format {
  if (!json) return format ?? "table";
  if (format === undefined || format === "json") return "json";
  throw new UsageError(`--json and --format ${format} cannot be used together`);
}

/** Styles by name or as shown in the tables. */
function stylesOf(text: string | undefined): readonly StyleName[] {
  if (text === undefined) return STYLES;
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const wanted = words.map((word) => {
    const style = STYLES.find((name) => name === word || LABELS[name] === word);
    if (!style) throw new UsageError(`'${word}' is not a style`, `styles are ${STYLES.join(", ")}`);
    return style;
  });
  if (wanted.length === 0) throw new UsageError("--styles names no style");
  return STYLES.filter((style) => wanted.includes(style));
}
