import { UsageError } from "../../base/errors.ts";
import { bytesOf, EMPTY, find, latin1 } from "../bytes.ts";

/** A piece of a word. */
export type Part =
  /** Each value, or the result of `take`. */
  | { readonly kind: "all"; readonly take?: (value: Uint8Array) => Uint8Array }
  | (Filler & { readonly kind: "text"; readonly length: number })
  | (Filler & { readonly kind: "field" | "number" });

interface Filler {
  fill(
    values: readonly Uint8Array[],
    seq: number,
    slot: number | undefined,
    at: JobHost | undefined,
  ): Uint8Array;
}

/** The host of a job. */
export interface JobHost {
  /** `{host}` */
  readonly host: Uint8Array;
  /** Additional placeholders. */
  readonly login: Uint8Array;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
/** `{-12+...}` is long for a placeholder. */
const LONGEST = 16;
const SLOT = bytesOf("{%}"), HOST = bytesOf("{host}"), LOGIN = bytesOf("{sshlogin}");
const PERL_OPEN = bytesOf("{=");
const PERL_CLOSE = bytesOf("=}");

/** What besides the usual placeholders is one. */
export interface PlaceholderRules {
  /** Stands for the whole item instead of `{}`. */
  readonly marker?: Uint8Array;
  /** Also those of {@link PLUS_PARTS}, and `{##}`. */
  readonly plus?: boolean;
  readonly total?: () => number | undefined;
  /** Also `{host}` and `{sshlogin}`. */
  readonly hosts?: boolean;
  /** Fields by name, from 1. */
  readonly names?: ReadonlyMap<string, number>;
}

/**
 * Parses a word. Braces that are not a placeholder stay as they are.
 * @throws UsageError for a Perl expression
 */
export function parseWord(word: Uint8Array, rules: PlaceholderRules): Part[] {
  const { marker } = rules;
  refusePerl(word);
  const parts: Part[] = [];
  let text = 0;
  const add = (part: Part, from: number, to: number) => {
    if (from > text) parts.push(textPart(word.slice(text, from)));
    parts.push(part);
    text = to;
  };
  for (let at = 0; at < word.length; at++) {
    const found = marker && startsWith(word, marker, at)
      ? { part: { kind: "all" } as Part, end: at + marker.length }
      : placeholderAt(word, at, rules);
    if (!found) continue;
    add(found.part, at, found.end);
    at = found.end - 1;
  }
  if (text < word.length) parts.push(textPart(word.slice(text)));
  return parts;
}

/** The first value placeholder in a word, for callers that must refuse it. */
export function findPlaceholder(word: Uint8Array): string | undefined {
  for (let at = 0; at < word.length; at++) {
    const found = placeholderAt(word, at, {});
    if (found) return new TextDecoder().decode(word.subarray(at, found.end));
  }
  return undefined;
}

function placeholderAt(
  word: Uint8Array,
  at: number,
  rules: PlaceholderRules,
): { part: Part; end: number } | undefined {
  if (word[at] !== OPEN) return undefined;
  const longest = rules.names ? Infinity : at + LONGEST;
  const close = word.subarray(at, Math.min(word.length, longest)).indexOf(CLOSE);
  if (close < 0) return undefined;
  const part = partNamed(latin1(word.subarray(at + 1, at + close)), rules);
  return part && { part, end: at + close + 1 };
}

/** @param name the text within the braces */
function partNamed(name: string, rules: PlaceholderRules): Part | undefined {
  const named = rules.names?.get(name);
  if (named !== undefined) return fieldPart(named, undefined);
  if (name === "") return rules.marker ? undefined : { kind: "all" };
  if (name === "#") return { kind: "number", fill: (_, seq) => decimal(seq) };
  if (name === "%") {
    return { kind: "number", fill: (_, __, slot) => slot === undefined ? SLOT : decimal(slot) };
  }
  if (rules.hosts && name === "host") return hostPart(HOST, (at) => at.host);
  if (rules.hosts && name === "sshlogin") return hostPart(LOGIN, (at) => at.login);
  if (name === "##" && rules.plus) {
    return { kind: "number", fill: () => decimal(rules.total?.() ?? 0) };
  }
  const take = pathPart(name, rules);
  if (take) return { kind: "all", take };
  const match = /^(-?[1-9]\d*)(\D*)$/.exec(name) ?? /^(.*?[^./+])([./+]+)$/s.exec(name);
  if (!match) return undefined;
  const field = rules.names?.get(match[1]) ?? Number(match[1]);
  if (!Number.isInteger(field)) return undefined;
  const part = pathPart(match[2], rules);
  return match[2] === "" || part ? fieldPart(field, part) : undefined;
}

function pathPart(name: string, { plus }: PlaceholderRules): PathPart | undefined {
  if (Object.hasOwn(PATH_PARTS, name)) return PATH_PARTS[name];
  return plus && Object.hasOwn(PLUS_PARTS, name) ? PLUS_PARTS[name] : undefined;
}

/** @param n from 1; -1 is the last. A missing field is empty. */
function fieldPart(n: number, take: PathPart | undefined): Part {
  return {
    kind: "field",
    fill(values) {
      const value = values[n > 0 ? n - 1 : values.length + n] ?? EMPTY;
      return take && value !== EMPTY ? take(value) : value;
    },
  };
}

/** @param unknown the value without a host */
function hostPart(unknown: Uint8Array, of: (at: JobHost) => Uint8Array): Part {
  return { kind: "number", fill: (_, __, ___, at) => at ? of(at) : unknown };
}

function textPart(bytes: Uint8Array): Part {
  return { kind: "text", length: bytes.length, fill: () => bytes };
}

function decimal(n: number): Uint8Array {
  return bytesOf(String(n));
}

function startsWith(word: Uint8Array, marker: Uint8Array, at: number): boolean {
  return find(word.subarray(at, at + marker.length), marker) === 0;
}

/** A job that got the expression itself as an argument would not do what its author expects. */
function refusePerl(word: Uint8Array): void {
  const open = find(word, PERL_OPEN);
  if (open < 0 || find(word, PERL_CLOSE, open + 2) < 0) return;
  throw new UsageError(
    `'${
      new TextDecoder().decode(word)
    }' holds a Perl expression {= ... =}, which imp does not evaluate`,
    "change the items in the pipeline before imp, or in a script: --shell 'f=${1%.gz}; ...'",
  );
}

const SLASH = 0x2f;
const DOT = 0x2e;
const HERE = bytesOf(".");
const ROOT = bytesOf("/");

type PathPart = (path: Uint8Array) => Uint8Array;

/** What a placeholder takes of a value; the keys are the text in its braces. */
export const PATH_PARTS: Readonly<Record<string, PathPart>> = {
  ".": withoutExtension,
  "/": baseName,
  "//": folder,
  "/.": (path) => withoutExtension(baseName(path)),
};

/** More of them with `--plus`: several extensions removed, and the complements. */
const PLUS_PARTS: Readonly<Record<string, PathPart>> = {
  "..": (path) => withoutExtensions(path, 2),
  "...": (path) => withoutExtensions(path, 3),
  "/..": (path) => withoutExtensions(baseName(path), 2),
  "/...": (path) => withoutExtensions(baseName(path), 3),
  "+/": (path) => path.subarray(0, Math.max(0, path.lastIndexOf(SLASH))),
  "+.": (path) => path.lastIndexOf(DOT) < 0 ? EMPTY : path.subarray(path.lastIndexOf(DOT) + 1),
  "+..": (path) => extensions(path, 2),
  "+...": (path) => extensions(path, 3),
};

/** Where that many extensions begin, with their first dot; -1 if there are fewer. */
function extensionsAt(path: Uint8Array, count: number): number {
  let dot = path.length;
  for (let n = 0; n < count; n++) dot = dot > 0 ? path.lastIndexOf(DOT, dot - 1) : -1;
  return dot < 0 || path.indexOf(SLASH, dot) >= 0 ? -1 : dot;
}

function withoutExtensions(path: Uint8Array, count: number): Uint8Array {
  const dot = extensionsAt(path, count);
  return dot < 0 ? path : path.subarray(0, dot);
}

function extensions(path: Uint8Array, count: number): Uint8Array {
  const dot = extensionsAt(path, count);
  return dot < 0 ? EMPTY : path.subarray(dot + 1);
}

/** `a/b.tar.gz` → `a/b.tar`. A leading dot begins an extension too, as in GNU parallel: `.x` → nothing. */
function withoutExtension(path: Uint8Array): Uint8Array {
  const dot = path.lastIndexOf(DOT);
  return dot < 0 || path.indexOf(SLASH, dot) >= 0 ? path : path.subarray(0, dot);
}

/** What follows the last slash, perhaps nothing. */
function baseName(path: Uint8Array): Uint8Array {
  const slash = path.lastIndexOf(SLASH);
  return slash < 0 ? path : slash === path.length - 1 ? EMPTY : path.subarray(slash + 1);
}

/** Like dirname(1): `a/b/` → `a`, `b` → `.`, `/b` → `/`. */
function folder(path: Uint8Array): Uint8Array {
  const name = beforeSlashes(path, path.length);
  if (name === 0) return path.length > 0 ? ROOT : HERE;
  const slash = path.lastIndexOf(SLASH, name - 1);
  if (slash < 0) return HERE;
  const end = beforeSlashes(path, slash);
  return end === 0 ? ROOT : path.subarray(0, end);
}

/** The length of `path` up to `end` without trailing slashes. */
function beforeSlashes(path: Uint8Array, end: number): number {
  while (end > 0 && path[end - 1] === SLASH) end--;
  return end;
}
