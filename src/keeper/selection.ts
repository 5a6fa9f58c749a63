// Pure: which kept daemons the words of a command line select.

/** What stop, restart, reload, signal, remove and the like act on. */
export interface KeptSelection {
  /** Names, and shell patterns. */
  readonly words: readonly string[];
  /** Every kept daemon; then there are no words. */
  readonly all: boolean;
}

export interface SelectedNames {
  /** Each once, in the order selected. */
  readonly names: readonly string[];
  /** Words that select none. */
  readonly unknown: readonly string[];
}

/**
 * The selected ones of the existing names. `web` also selects its instances, `web@1` and so on; a pattern (`*`, `?`,
 * `[a-z]`, `[!a-z]`) is matched against the whole name, and against the part before `@`.
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

/** Whether a word is a pattern, which has no other meaning. */
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
    // A range that ends before it begins, [z-a], matches nothing.
    return () => false;
  }
}

/** An unclosed bracket is an ordinary character, glob(7). */
function expressionOf(pattern: string): string {
  return pattern.replace(
    /\[([!^]?)(\]?[^\]]*)\]|[\s\S]/g,
    (whole, not?: string, set?: string) => {
      if (set) return `[${not ? "^" : ""}${set.replace(/[\\\]^[]/g, "\\$&")}]`;
      return whole === "*" ? ".*" : whole === "?" ? "." : whole.replace(/[^\w\s]/g, "\\$&");
    },
  );
}
