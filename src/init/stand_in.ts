import type { InitSettings } from "./settings.ts";

/** What the replaced program would do with this command line. */
export type StandIn =
  | { readonly do: "run"; readonly settings: InitSettings; readonly told: Told }
  /** Runs no program: reaps until asked to end. */
  | { readonly do: "pause" }
  | {
    readonly do: "print";
    readonly text: string;
    readonly to: "stdout" | "stderr";
    readonly exit: number;
  };

/** dumb-init and catatonit write their help, and dumb-init its version, to standard error too. */
export function toldOnStderr(text: string, exit: number): StandIn {
  return { do: "print", text, to: "stderr", exit };
}

/** How verbose it is, and how it ends if the program cannot be started. */
export interface Told {
  /** Reports what it does, step by step. */
  readonly verbose: boolean;
  /** Reports only why it failed. */
  readonly quiet: boolean;
  /** Printed at the start. */
  readonly warning?: string;
  /** Maps imp's exit status for a program that cannot be started (127, 126, 125) and the errno name of that. */
  readonly exitFor: (status: number, errno?: string) => number;
}

/** An environment variable. */
export type Environment = (name: string) => string | undefined;

/** A parsed command line. */
export interface ParsedWords {
  readonly options: readonly ParsedOption[];
  readonly operands: readonly string[];
  /** A `--` ended the options. */
  readonly dashed?: boolean;
  /** The first invalid option, as written. */
  readonly wrong?: string;
}

export interface ParsedOption {
  readonly letter: string;
  readonly value?: string;
}

/**
 * Parses options like getopt_long(3) with `+`: they end at the first non-option word, or at `--`. The replaced programs
 * do so, without the extensions of cli/parse.ts (clusters with `=`, suggestions).
 * @param letters a letter for each option; those followed by `:` take a value
 * @param names long names by letter
 */
export function takeOptions(
  words: readonly string[],
  letters: string,
  names: Readonly<Record<string, string>> = {},
): ParsedWords {
  const options: ParsedOption[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--") return { options, operands: words.slice(i + 1), dashed: true };
    if (!word.startsWith("-") || word === "-") return { options, operands: words.slice(i) };
    const taken = word.startsWith("--")
      ? takeLong(word.slice(2), letters, names)
      : takeCluster(word.slice(1), letters);
    if (taken === undefined) return { options, operands: [], wrong: word };
    const last = taken[taken.length - 1];
    if (takesValue(last.letter, letters) && last.value === undefined) {
      if (++i >= words.length) return { options, operands: [], wrong: word };
      taken[taken.length - 1] = { ...last, value: words[i] };
    }
    options.push(...taken);
  }
  return { options, operands: [] };
}

/** `-vge3`: the first letter with a value takes the rest of the word. */
function takeCluster(cluster: string, letters: string): ParsedOption[] | undefined {
  const taken: ParsedOption[] = [];
  for (let at = 0; at < cluster.length; at++) {
    const letter = cluster[at];
    if (letter === ":" || !letters.includes(letter)) return undefined;
    if (!takesValue(letter, letters)) taken.push({ letter });
    else return [...taken, { letter, value: cluster.slice(at + 1) || undefined }];
  }
  return taken;
}

/** A long name may be abbreviated as long as it is unambiguous. */
function takeLong(
  text: string,
  letters: string,
  names: Readonly<Record<string, string>>,
): ParsedOption[] | undefined {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const fitting = Object.keys(names).filter((letter) => names[letter].startsWith(name));
  const letter = fitting.find((one) => names[one] === name) ??
    (fitting.length === 1 ? fitting[0] : undefined);
  if (letter === undefined) return undefined;
  if (equals < 0) return [{ letter }];
  return takesValue(letter, letters) ? [{ letter, value: text.slice(equals + 1) }] : undefined;
}

function takesValue(letter: string, letters: string): boolean {
  return letters[letters.indexOf(letter) + 1] === ":";
}
