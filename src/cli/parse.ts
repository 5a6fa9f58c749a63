import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../base/errors.ts";
import { type Command, COMMON_OPTIONS, type Given, type Option, Values } from "./options.ts";

/** One command's parsed command line. */
export interface Parsed<O extends Option = Option> {
  readonly values: Given<O>;
  readonly operands: string[];
}

/**
 * Parses a command's words. Options end at the first non-option word, or at `--`; what follows is returned unchanged.
 * With `permute`, options may also follow operands; with `namesFirst` too, and `--` stays among the operands.
 *
 * The words are first normalised to `--name=value`, strictly by the option table: parseArgs alone would take an unknown
 * option for a boolean, `--nice -5` for two options and a missing value for an empty one.
 */
export function parseCommandLine<O extends Option>(
  command: Pick<Command<object, O>, "options" | "permute" | "namesFirst">,
  words: readonly string[],
): Parsed<O> {
  const options: Option[] = [...command.options, ...COMMON_OPTIONS];
  const { canonical, operands } = canonicalWords(options, words, command);
  // By far the most common case, and the one where start-up time counts.
  if (canonical.length === 0) return { values: new Values({}), operands };
  const valued = options.filter((option) => option.value);
  const parsed = parseArgs(canonical, {
    string: valued.map((option) => option.name),
    boolean: options.filter((option) => !option.value).map((option) => option.name),
    collect: options.filter((option) => option.many).map((option) => option.name),
  });
  for (const option of valued) checkChoice(option, parsed[option.name]);
  return { values: new Values(parsed, canonical), operands };
}

function canonicalWords(
  options: readonly Option[],
  words: readonly string[],
  { permute, namesFirst }: Pick<Command, "permute" | "namesFirst">,
) {
  const canonical: string[] = [];
  const operands: string[] = [];
  let i = 0;
  const valueOf = (option: Option, shown: string, attached: string | undefined): string => {
    if (attached !== undefined) return attached;
    if (i + 1 >= words.length) {
      throw new UsageError(`option ${shown} needs a value: ${shown} ${option.value}`);
    }
    return words[++i];
  };
  const take = (option: Option, shown: string, attached: string | undefined) => {
    if (option.value) canonical.push(`--${option.name}=${valueOf(option, shown, attached)}`);
    else if (attached !== undefined) throw new UsageError(`option ${shown} takes no value`);
    else canonical.push(`--${option.name}`);
  };
  for (; i < words.length; i++) {
    const word = words[i];
    if (word === "--") {
      operands.push(...words.slice(namesFirst ? i : i + 1));
      break;
    }
    if (word === "-" || !word.startsWith("-")) {
      if (!permute && !namesFirst) {
        operands.push(...words.slice(i));
        break;
      }
      operands.push(word);
    } else if (word.startsWith("--")) takeLong(options, word, take);
    else takeShort(options, word, take);
  }
  return { canonical, operands };
}

type Take = (option: Option, shown: string, attached: string | undefined) => void;

function takeLong(options: readonly Option[], word: string, take: Take): void {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const option = options.find((one) => one.name === name) ?? withAlias(options, `--${name}`);
  if (!option) throw unknown(options, `--${name}`);
  take(option, `--${name}`, equals < 0 ? undefined : word.slice(equals + 1));
}

/** `-ab` is `-a -b`; the first letter that takes a value takes the rest of the word: `-j4`. */
function takeShort(options: readonly Option[], word: string, take: Take): void {
  for (let at = 1; at < word.length; at++) {
    const option = options.find((one) => one.short === word[at]) ??
      withAlias(options, `-${word[at]}`);
    // The whole character; word[at] may be half of one.
    if (!option) throw unknown(options, `-${String.fromCodePoint(word.codePointAt(at)!)}`);
    const rest = word.slice(at + 1);
    if (!option.value) {
      take(option, `-${word[at]}`, undefined);
      continue;
    }
    take(option, `-${word[at]}`, rest === "" ? undefined : rest.replace(/^=/, ""));
    return;
  }
}

function withAlias(options: readonly Option[], word: string): Option | undefined {
  return options.find(({ aliases }) => aliases?.includes(word));
}

/** The nearest name is looked for when the error is reported; here it would load the comparison on every start. */
function unknown(options: readonly Option[], shown: string): UnknownWord {
  const names = options.map((option) => `--${option.name}`);
  return new UnknownWord(`unknown option ${shown}`, shown, names);
}

/** An unexpected word. */
export class UnknownWord extends UsageError {
  constructor(
    message: string,
    readonly word: string,
    readonly known: readonly string[],
    hint?: string,
  ) {
    super(message, hint);
  }
}

function checkChoice(option: Option, given: unknown): void {
  if (!option.choices || typeof given !== "string") return;
  if (option.choices.includes(given)) return;
  const last = option.choices.length - 1;
  const choices = `${option.choices.slice(0, last).join(", ")} or ${option.choices[last]}`;
  throw new UsageError(`--${option.name} must be ${choices}, not '${given}'`);
}
