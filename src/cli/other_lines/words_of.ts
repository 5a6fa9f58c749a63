// Pure: reads the options of another tool's line.

/** The options of a line, by letter or name without dashes; those without a value have an empty one. */
export interface ReadWords {
  readonly options: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
  /** What follows `--`. */
  readonly after: readonly string[];
}

/**
 * Reads words as getopt_long(3) does.
 * @param valued the options that take a value
 * @param permute options may follow operands; otherwise the first operand begins a program's words
 */
export function readWords(
  words: readonly string[],
  valued: readonly string[],
  permute: boolean,
): ReadWords {
  const options = new Map<string, string>();
  const operands: string[] = [];
  const left = [...words];
  while (left.length > 0) {
    const word = left.shift()!;
    if (word === "--") break;
    if (word.startsWith("--")) {
      const [name, ...value] = word.slice(2).split("=");
      const text = value.length > 0 ? value.join("=") : valued.includes(name) ? left.shift() : "";
      options.set(name, text ?? "");
    } else if (word.startsWith("-") && word.length > 1) takeLetters(word, valued, options, left);
    else if (permute) operands.push(word);
    else return { options, operands: [word, ...left], after: [] };
  }
  return { options, operands, after: left };
}

function takeLetters(
  word: string,
  valued: readonly string[],
  options: Map<string, string>,
  left: string[],
): void {
  for (let at = 1; at < word.length; at++) {
    if (!valued.includes(word[at])) {
      options.set(word[at], "");
      continue;
    }
    options.set(word[at], word.slice(at + 1) || (left.shift() ?? ""));
    return;
  }
}

/** The value of the first of these options that is given. */
export function valueOf({ options }: ReadWords, ...names: string[]): string | undefined {
  const name = names.find((one) => options.has(one));
  return name === undefined ? undefined : options.get(name);
}

/** imp's option with the value that another tool's option has, if it is given and has one. */
export function carried(read: ReadWords, names: readonly string[], own: string): string[] {
  const value = valueOf(read, ...names);
  return value ? [own, value] : [];
}

/** Names of daemons as imp takes them: other tools say `all` for all of them. */
export function namesMeant(words: readonly string[]): string[] {
  return words.map((word) => word === "all" ? "--all" : word);
}
