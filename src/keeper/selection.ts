// Pure: which kept daemons are meant by the words of a command line.

/** What stop, restart, reload, signal, remove and their like are to act on. */
export interface KeptSelection {
  /** Names, and patterns as a shell has them. */
  readonly words: readonly string[];
  /** Every kept daemon; then there are no words. */
  readonly all: boolean;
}

export interface SelectedNames {
  /** Each once, in the order in which they are meant. */
  readonly names: readonly string[];
  /** Words that mean none. */
  readonly unknown: readonly string[];
}

/**
 * The names that are meant, of those that there are. `web` means its instances too, `web@1` and so on; a pattern (`*`, `?`,
 * `[a-z]`, `[!a-z]`) is compared with the whole name, and with what stands before its `@`.
 */
export function selectNames(
  { words, all }: KeptSelection,
  names: readonly string[],
): SelectedNames {
  if (all) return { names, unknown: [] };
  const chosen = new Set<string>();
  const unknown: string[] = [];
  for (const word of words) {
    const matches = matcherOf(word);
    const meant = names.filter((name) => matches(name) || matches(baseOf(name)));
    for (const name of meant) chosen.add(name);
    if (meant.length === 0) unknown.push(word);
  }
  return { names: [...chosen], unknown };
}

/** Whether a word is a pattern, for which no other meaning is looked for. */
export function isPattern(word: string): boolean {
  return word.includes("*") || word.includes("?") || word.includes("[");
}

/** `web` of `web@2`. */
export function baseOf(name: string): string {
  const at = name.lastIndexOf("@");
  return at < 0 ? name : name.slice(0, at);
}

function matcherOf(word: string): (name: string) => boolean {
  if (!isPattern(word)) return (name) => name === word;
  try {
    const expression = RegExp(`^${expressionOf(word)}$`, "s");
    return (name) => expression.test(name);
  } catch {
    // A range that ends before it begins, [z-a], means nothing.
    return () => false;
  }
}

/** A bracket that is not closed is one like any other character, glob(7). */
function expressionOf(pattern: string): string {
  return pattern.replace(
    /\[([!^]?)(\]?[^\]]*)\]|[\s\S]/g,
    (whole, not?: string, set?: string) => {
      if (set) return `[${not ? "^" : ""}${set.replace(/[\\\]^[]/g, "\\$&")}]`;
      return whole === "*" ? ".*" : whole === "?" ? "." : whole.replace(/[^\w\s]/g, "\\$&");
    },
  );
}
