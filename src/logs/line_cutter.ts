// Pure: lines in a file of raw output, with the position behind each.

const NEWLINE = 10;
/** A longer line is cut there: without its end nothing of it would be seen. */
export const LONGEST_LOG_LINE = 1 << 16;

export interface CutLine {
  readonly bytes: Uint8Array;
  /** The position behind it and its line break. */
  readonly end: number;
}

/**
 * The whole lines at the beginning of `bytes`; done again with the same bytes and more behind them it cuts at the same places.
 * @param position that of the first byte
 * @param over nothing more will come: what has no line break is a line too
 */
export function cutLogLines(bytes: Uint8Array, position: number, over: boolean): CutLine[] {
  const lines: CutLine[] = [];
  let from = 0;
  while (from < bytes.length) {
    const at = bytes.indexOf(NEWLINE, from);
    const long = (at < 0 ? bytes.length : at) - from > LONGEST_LOG_LINE;
    if (at < 0 && !long && !over) break;
    const to = long ? from + LONGEST_LOG_LINE : at < 0 ? bytes.length : at;
    const end = long || at < 0 ? to : to + 1;
    lines.push({ bytes: bytes.subarray(from, to), end: position + end });
    from = end;
  }
  return lines;
}
