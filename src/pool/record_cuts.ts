import { find } from "./bytes.ts";

/** What tells records apart in a stream; either may be empty, but not both. */
export interface RecordShape {
  /** Ends a record, and belongs to it. */
  readonly end: Uint8Array;
  /** Begins a record, and belongs to it. */
  readonly start: Uint8Array;
}

/**
 * The first place in (from, to] at which one record ends and the next begins, with a whole `start` before `limit`;
 * -1 when there is none.
 * @param begin of the record that `from` lies in: no cut is there, and what is before it is not looked at
 */
export function firstCut(
  bytes: Uint8Array,
  { end, start }: RecordShape,
  { begin, from, to, limit }: Range,
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

/** The last such place. */
export function lastCut(
  bytes: Uint8Array,
  { end, start }: RecordShape,
  { begin, from, to, limit }: Range,
): number {
  for (let cut = to; cut > from;) {
    // Where the last byte of `end`, or the first of `start`, stands: this is what lastIndexOf finds quickly.
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

/** Where to look for a cut. */
export interface Range {
  readonly begin: number;
  readonly from: number;
  readonly to: number;
  /** Bytes are known up to here. */
  readonly limit: number;
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
