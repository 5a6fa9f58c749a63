import type { WordBlock } from "../../libc/processes/spawner.ts";
import { concat } from "../bytes.ts";
import { PackedItems } from "../source/packed_items.ts";
import { type JobHost, parseWord, type Part } from "./template_parse.ts";
import type { Item } from "../types.ts";

export interface TemplateOptions {
  /** Stands for the whole item instead of `{}`; `-I`. */
  readonly marker?: Uint8Array;
  /** With several values each `{}` repeats its whole word: `x{}y` becomes `xay xby` rather than `xa by`; `-X`. */
  readonly context?: boolean;
  /** The words are a script and its name: unchanged, with values appended; `--shell`. */
  readonly literal?: boolean;
  /** The items do not appear in the words; `-n0`. */
  readonly without?: boolean;
  /** No value is appended; `--tagstring`. */
  readonly exact?: boolean;
  /** Also the placeholders of `--plus`. */
  readonly plus?: boolean;
  /** The value of `{##}`, with `plus`. */
  readonly total?: () => number | undefined;
  /** Also the placeholders for hosts. */
  readonly hosts?: boolean;
  /** Which field `{name}` stands for, from 1; `--header`. Bytes of names are characters. */
  readonly names?: ReadonlyMap<string, number>;
}

/** A program's words with placeholders, prepared once to be filled in for each job. */
export interface Template {
  /**
   * The words of one job. A word without placeholders is the same object in every job. Values are never scanned for
   * placeholders, split into words or joined into one.
   */
  render(items: Item, seq: number, slot: number, at?: JobHost): Uint8Array[];
  /** The same; many items that are words as they come stay in one piece. */
  words(items: Item, seq: number, slot: number, at?: JobHost): (Uint8Array | WordBlock)[];
  /** The same with `{%}` and hosts left as they are: what identifies the job wherever it ran. */
  renderWithoutSlot(items: Item, seq: number): Uint8Array[];
  /** At most what the words for these values cost; see wordsCost. */
  cost(values: ValuesSize): number;
  /**
   * An upper bound on the bytes of the words for these values, each plus one; exact unless parts of values are taken.
   */
  length(values: ValuesSize): number;
}

/** What the length of a command line depends on. */
export interface ValuesSize {
  readonly count: number;
  /** Their total. */
  readonly bytes: number;
  readonly longest: number;
}

type Word =
  | { readonly kind: "constant"; readonly bytes: Uint8Array }
  /** Exactly `{}`. */
  | { readonly kind: "values" }
  /** Text and placeholders. */
  | { readonly kind: "mixed"; readonly parts: readonly Part[]; readonly spreads: boolean };

interface Filling {
  readonly values: readonly Uint8Array[];
  readonly seq: number;
  readonly slot: number | undefined;
  readonly at: JobHost | undefined;
}

const NO_SLOT = undefined;

/**
 * Compiles GNU parallel's placeholders: `{} {.} {/} {//} {/.} {#} {%}`, `{1} {1.} {-1/}` and so on. If no word has one,
 * the values are appended.
 * @throws UsageError for a Perl expression `{= … =}`
 */
export function compileTemplate(
  words: readonly Uint8Array[],
  options: TemplateOptions = {},
): Template {
  const compiled = words.map((word) => compileWord(word, options));
  if (!options.exact && !compiled.some(hasPlaceholder)) compiled.push({ kind: "values" });
  const context = options.context ?? false;
  const plain = compiled.every(({ kind }) => kind !== "mixed");
  const render = (items: Item, seq: number, slot: number | undefined, at?: JobHost) =>
    fill(compiled, { values: options.without ? [] : items.fields, seq, slot, at }, context);
  return {
    render,
    words: (items, seq, slot, at) =>
      plain && items instanceof PackedItems
        ? compiled.map((word) => word.kind === "constant" ? word.bytes : items)
        : render(items, seq, slot, at),
    renderWithoutSlot: (items, seq) => render(items, seq, NO_SLOT),
    cost: costOf(compiled, context, WORD_COST),
    length: costOf(compiled, context, 1),
  };
}

function compileWord(word: Uint8Array, options: TemplateOptions): Word {
  const parts = options.literal ? [] : parseWord(word, options);
  if (parts.every((part) => part.kind === "text")) return { kind: "constant", bytes: word };
  if (parts.length === 1 && parts[0].kind === "all" && !parts[0].take) return { kind: "values" };
  return { kind: "mixed", parts, spreads: parts.some((part) => part.kind === "all") };
}

/** `{#}` and `{%}` count too: with one of them nothing is appended, as with GNU parallel. */
function hasPlaceholder({ kind }: Word): boolean {
  return kind !== "constant";
}

function fill(words: readonly Word[], filling: Filling, context: boolean): Uint8Array[] {
  const { values } = filling;
  const filled: Uint8Array[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word.kind === "constant") filled.push(word.bytes);
    else if (word.kind === "values") {
      for (let v = 0; v < values.length; v++) filled.push(values[v]);
    } else if (!word.spreads || values.length === 1) {
      filled.push(oneWord(word.parts, filling, values[0]));
    } else if (context) {
      for (const value of values) filled.push(oneWord(word.parts, filling, value));
    } else spread(word.parts, filling, filled);
  }
  return filled;
}

/** The word if `{}` stands for one value. */
function oneWord(parts: readonly Part[], filling: Filling, value: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = new Array(parts.length);
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part.kind !== "all") {
      pieces[i] = part.fill(filling.values, filling.seq, filling.slot, filling.at);
    } else pieces[i] = part.take ? part.take(value) : value;
  }
  return pieces.length === 1 ? pieces[0] : concat(pieces);
}

/** `x{}y` with several values, as a shell expands `x"$@"y`: the first gets the prefix, the last the suffix. */
function spread(parts: readonly Part[], filling: Filling, filled: Uint8Array[]): void {
  let pieces: Uint8Array[] = [];
  for (const part of parts) {
    if (part.kind !== "all") {
      pieces.push(part.fill(filling.values, filling.seq, filling.slot, filling.at));
      continue;
    }
    filling.values.forEach((value, i) => {
      if (i > 0) {
        filled.push(concat(pieces));
        pieces = [];
      }
      pieces.push(part.take ? part.take(value) : value);
    });
  }
  filled.push(concat(pieces));
}

/** A path part is never longer than its value, except `.` for nothing. */
function costOf(
  words: readonly Word[],
  context: boolean,
  wordCost: number,
): (values: ValuesSize) => number {
  // Counts of parts that occur once; once per value; per value with its own bytes; with any value's bytes.
  let once = 0;
  let perValue = 0;
  let ownBytes = 0;
  let ownParts = 0;
  let fields = 0;
  let fieldsPerValue = 0;
  for (const word of words) {
    const own = wordCost + textCost(word);
    const places = placesIn(word);
    ownBytes += places.values;
    ownParts += places.parts;
    if (places.values > 0 && context) {
      perValue += own;
      fieldsPerValue += places.fields;
    } else {
      // Of the words that n values make of `x{}y`, one is counted already.
      once += own - places.values * wordCost;
      perValue += places.values * wordCost;
      fields += places.fields;
    }
  }
  return ({ count, bytes, longest }) =>
    once + perValue * count + ownBytes * bytes + ownParts * count +
    (fields + fieldsPerValue * count) * (longest + 1);
}

/** A NUL and a pointer. */
const WORD_COST = 9;
const LONGEST_NUMBER = 16;

function textCost(word: Word): number {
  if (word.kind !== "mixed") return word.kind === "constant" ? word.bytes.length : 0;
  let cost = 0;
  for (const part of word.parts) {
    if (part.kind === "text") cost += part.length;
    else if (part.kind === "number") cost += LONGEST_NUMBER;
  }
  return cost;
}

/** How often a word takes all values, parts of all, and a single one. */
function placesIn(word: Word): { values: number; parts: number; fields: number } {
  if (word.kind !== "mixed") return { values: word.kind === "values" ? 1 : 0, parts: 0, fields: 0 };
  const count = (kind: Part["kind"]) => word.parts.filter((part) => part.kind === kind).length;
  const parts = word.parts.filter((part) => part.kind === "all" && part.take !== undefined).length;
  return { values: count("all"), parts, fields: count("field") };
}
