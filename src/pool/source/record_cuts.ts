// Where one record of a stream ends and the next begins.
import { bytesOf, EMPTY, find, latin1 } from "../bytes.ts";

/** Finds the boundaries between records. */
export interface RecordCuts {
  /** The criterion, in bytes as characters. */
  readonly by: { readonly how: "text" | "pattern"; readonly end: string; readonly start: string };
  /** The maximum bytes of a record's end and of its start. */
  readonly endMost: number;
  readonly startMost: number;
  /** The first boundary in (from, to]; -1 if there is none, or more must be known first. */
  first(bytes: Uint8Array, range: CutRange): number;
  /** The last boundary. */
  last(bytes: Uint8Array, range: CutRange): number;
  /** Bytes already searched have moved, or more have come. */
  changed(): void;
}

/** What separates records; if both are empty, every byte is one. */
interface RecordEdges {
  /** Ends a record, and belongs to it. */
  readonly end: Uint8Array;
  /** Begins a record, and belongs to it. */
  readonly start: Uint8Array;
}

/** By literal text. */
export function cutsAt(end: Uint8Array, start: Uint8Array = EMPTY): RecordCuts {
  const edges = { end, start };
  const anywhere = end.length + start.length === 0;
  return {
    by: { how: "text", end: latin1(end), start: latin1(start) },
    endMost: end.length,
    startMost: start.length,
    first: (bytes, range) => anywhere ? nextByte(range) : firstCut(bytes, edges, range),
    last: (bytes, range) => anywhere ? lastByte(range) : lastCut(bytes, edges, range),
    changed() {},
  };
}

function nextByte({ begin, from, to }: CutRange): number {
  const next = Math.max(begin, from) + 1;
  return next <= to ? next : -1;
}

function lastByte({ from, to }: CutRange): number {
  return to > from ? to : -1;
}

/** A match has so many bytes at most: the next record is known only when so many of it are there. */
const LONGEST_MATCH = 4096;

/**
 * By regular expressions, in which a character is a byte, `^` and `$` match at line ends, and `.` does not match a
 * newline.
 * @throws SyntaxError
 */
export function cutsMatching(end: string, start: string): RecordCuts {
  const [ends, starts] = [byBytes(end), byBytes(start)];
  const by = { how: "pattern", end: ends, start: starts } as const;
  return new PatternCuts(RegExp(`(?:${ends})(?=${starts})`, "gm"), by);
}

/** A pattern as characters for bytes. */
export function byBytes(pattern: string): string {
  return latin1(bytesOf(pattern));
}

class PatternCuts implements RecordCuts {
  readonly endMost = LONGEST_MATCH;
  readonly startMost = LONGEST_MATCH;
  private text = "";
  private begin = -1;
  private limit = -1;

  constructor(private readonly pattern: RegExp, readonly by: RecordCuts["by"]) {}

  first(bytes: Uint8Array, range: CutRange): number {
    for (const cut of this.cuts(bytes, range)) return cut;
    return -1;
  }

  last(bytes: Uint8Array, range: CutRange): number {
    let last = -1;
    for (const cut of this.cuts(bytes, range)) last = cut;
    return last;
  }

  changed(): void {
    this.begin = -1;
  }

  private *cuts(bytes: Uint8Array, { begin, from, to, limit, final }: CutRange): Generator<number> {
    const { pattern } = this;
    const text = this.textOf(bytes, begin, limit);
    // With more bytes a match might be longer.
    const sure = final ? to : Math.min(to, limit - this.startMost);
    pattern.lastIndex = Math.max(begin, from - this.endMost) - this.begin;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const cut = this.begin + match.index + match[0].length;
      if (cut > sure) return;
      if (cut > from && cut > begin) yield cut;
      if (match[0] === "") pattern.lastIndex++;
    }
  }

  /** Made once for many records of a buffer. */
  private textOf(bytes: Uint8Array, begin: number, limit: number): string {
    if (this.begin < 0 || this.begin > begin || this.limit !== limit) {
      this.text = latin1(bytes.subarray(begin, limit));
      this.begin = begin;
      this.limit = limit;
    }
    return this.text;
  }
}

/**
 * The first position in (from, to] at which one record ends and the next begins, with a whole `start` before `limit`;
 * -1 if there is none.
 * @param begin of the record that contains `from`: it has no cut, and nothing before it is searched
 */
function firstCut(
  bytes: Uint8Array,
  { end, start }: RecordEdges,
  { begin, from, to, limit }: CutRange,
): number {
  if (end.length === 0) {
    const at = find(
      bytes.subarray(0, Math.min(limit, to + start.length)),
      start,
      Math.max(from, begin) + 1,
    );
    return at > to ? -1 : at;
  }
  for (let at = Math.max(begin, from - end.length + 1);;) {
    at = find(bytes.subarray(0, to), end, at);
    if (at < 0) return -1;
    const cut = at + end.length;
    if (cut > from && startsAt(bytes, start, cut, limit)) return cut;
    at++;
  }
}

/** The last such position. */
function lastCut(
  bytes: Uint8Array,
  { end, start }: RecordEdges,
  { begin, from, to, limit }: CutRange,
): number {
  for (let cut = to; cut > from;) {
    // The last byte of `end`, or the first of `start`: lastIndexOf finds it quickly.
    const at = end.length > 0
      ? bytes.lastIndexOf(end[end.length - 1], cut - 1) + 1
      : bytes.lastIndexOf(start[0], cut);
    if (at <= from) return -1;
    if (at - end.length >= begin && endsAt(bytes, end, at) && startsAt(bytes, start, at, limit)) {
      return at;
    }
    cut = at - 1;
  }
  return -1;
}

/** Where to look for a boundary. */
export interface CutRange {
  readonly begin: number;
  readonly from: number;
  readonly to: number;
  /** Bytes are known up to here. */
  readonly limit: number;
  /** Nothing follows. */
  readonly final: boolean;
}

function endsAt(bytes: Uint8Array, end: Uint8Array, cut: number): boolean {
  for (let i = 1; i <= end.length; i++) {
    if (bytes[cut - i] !== end[end.length - i]) return false;
  }
  return true;
}

function startsAt(bytes: Uint8Array, start: Uint8Array, cut: number, limit: number): boolean {
  if (cut + start.length > limit) return false;
  for (let i = 0; i < start.length; i++) if (bytes[cut + i] !== start[i]) return false;
  return true;
}
