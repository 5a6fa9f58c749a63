// Pure: lines in a file of raw output, with the position after each.

const NEWLINE = 10;
/** A longer line is cut there: without its end nothing of it would be shown. */
export const LONGEST_LOG_LINE = 1 << 16;

/**
 * Where the line that begins at `from` ends, without its break; -1: it is incomplete. The next one begins after {@link
 * behindLogLine}.
 * @param length of the content of `bytes`
 * @param over nothing more will come: an unterminated line counts too
 */
export function endOfLogLine(
  bytes: Uint8Array,
  from: number,
  length: number,
  over: boolean,
): number {
  if (from >= length) return -1;
  const found = bytes.indexOf(NEWLINE, from);
  const end = found < 0 || found > length ? length : found;
  if (end - from > LONGEST_LOG_LINE) return from + LONGEST_LOG_LINE;
  return end < length || over ? end : -1;
}

/** @param end from {@link endOfLogLine} */
export function behindLogLine(bytes: Uint8Array, end: number, length: number): number {
  return end < length && bytes[end] === NEWLINE ? end + 1 : end;
}

export interface CutLine {
  readonly bytes: Uint8Array;
  /** The position after it and its line break. */
  readonly end: number;
}

/**
 * The complete lines at the beginning of `bytes`; repeated with the same bytes and more after them, it cuts at the same
 * places.
 * @param position that of the first byte
 * @param over nothing more will come: an unterminated line counts too
 */
export function cutLogLines(bytes: Uint8Array, position: number, over: boolean): CutLine[] {
  const lines: CutLine[] = [];
  const { length } = bytes;
  for (let from = 0;;) {
    const to = endOfLogLine(bytes, from, length, over);
    if (to < 0) return lines;
    const end = behindLogLine(bytes, to, length);
    lines.push({ bytes: bytes.subarray(from, to), end: position + end });
    from = end;
  }
}
