import { SIGPIPE } from "../libc/abi.ts";
import { ImpError, UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { ReaderGone, warn } from "./output.ts";
import { callersWords } from "../libc/processes/process_image.ts";
import { lineMeant } from "./line_meant.ts";
import { printable, shellLine, shorten } from "./printable.ts";

/** Items may follow by the thousand. */
const MOST_OF_LINE = 300;

/**
 * Reports a failure on stderr.
 * @param where `imp` or `imp daemon`, for the start of the line
 * @param operands of the command line, where it was parsed
 * @returns the exit status that goes with it
 */
export async function reportError(
  error: unknown,
  where: string,
  operands: readonly string[] = [],
): Promise<number> {
  if (await diesOfReader(error)) return EXIT.failed;
  if (error instanceof ImpError) {
    const { details = [] } = error.parts;
    await tell([
      `${where}: ${error.message}`,
      ...details,
      ...hintLine(hintOf(error, where, operands)),
    ]);
    return error.exit;
  }
  if (error instanceof UsageError) {
    const hint = await suggestion(error, where) ?? error.hint;
    await tell([`${where}: ${error.message}`, ...hintLine(hint), `  see '${where} --help'`]);
    return EXIT.usage;
  }
  const trace = error instanceof Error ? error.stack ?? error.message : String(error);
  warn(`${where}: internal error, please report it\n${trace}`);
  return EXIT.failed;
}

/**
 * Dies by SIGPIPE like any program whose reader is gone: `imp tree | head` is not a failure of imp.
 * @returns false for another error, and if the caller ignores that signal
 */
export async function diesOfReader(error: unknown): Promise<boolean> {
  if (!(error instanceof ReaderGone)) return false;
  const { isIgnoredByCaller } = await import("../libc/processes/dispositions.ts");
  if (isIgnoredByCaller(SIGPIPE)) return false;
  const { dieBy } = await import("../libc/processes/die_by.ts");
  dieBy("PIPE");
  return true;
}

/** File names and words may come from anybody: they must not control the reader's screen. */
async function tell(lines: readonly string[]): Promise<void> {
  const { warnFitted } = await import("./fitted.ts");
  warnFitted(lines.map(printable).join("\n"));
}

function hintLine(hint: string | undefined): string[] {
  return hint ? [`  ${hint}`] : [];
}

/**
 * A failure's hint.
 * @param where the command, with the name before `--` if it has one
 * @param operands a program and its arguments, as they end imp's command line
 */
export function hintOf(
  error: ImpError,
  where: string,
  operands: readonly string[],
): string | undefined {
  const { meant } = error.parts;
  if (error.hint !== undefined || meant === undefined) return error.hint;
  const line = lineMeant(meant, where, callersWords(), operands);
  return `perhaps you mean: ${shorten(line, MOST_OF_LINE)}`;
}

async function suggestion(error: UsageError, where: string): Promise<string | undefined> {
  const { word, known } = error as { word?: string; known?: readonly string[] };
  if (!word) return undefined;
  const { hintedWords, otherHint } = await import("./other_names.ts");
  const { otherLine } = await import("./other_lines/other_line.ts");
  const line = otherLine(callersWords(), word);
  if (line) return `perhaps you mean: ${shorten(`imp ${shellLine(line)}`, MOST_OF_LINE)}`;
  const hint = otherHint(where, word);
  if (hint) return hint;
  const nearest = await nearestWord(word, [...known ?? [], ...hintedWords(where)]);
  return nearest && (otherHint(where, nearest) ?? `did you mean ${nearest}?`);
}

/** The known word nearest to a mistyped one, if near enough to be meant; for one of another tool imp's own. */
export async function nearestWord(
  word: string,
  known: readonly string[],
): Promise<string | undefined> {
  if (known.length === 0) return undefined;
  const { otherName, otherWords } = await import("./other_names.ts");
  const other = otherName(word, known);
  if (other) return other;
  const { closestString } = await import("@std/text/closest-string");
  const { levenshteinDistance } = await import("@std/text/levenshtein-distance");
  const nearest = closestString(word, [...known, ...otherWords(known)]);
  // In three letters, one may be wrong.
  const most = Math.max(1, word.replace(/^-+/, "").length / 3);
  return levenshteinDistance(word, nearest) <= most
    ? known.includes(nearest) ? nearest : otherName(nearest, known)
    : undefined;
}
