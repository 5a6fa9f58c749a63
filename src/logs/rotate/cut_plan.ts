// Pure: where a log is cut. Its file loses whole blocks; its old parts have whole lines.

const NEWLINE = 10;

/** What is known about the file. */
export interface CutFacts {
  readonly size: number;
  /** Bytes at its beginning that are in part 1 already: the end of a line. */
  readonly skip: number;
  /** The block size in which bytes can be removed. */
  readonly unit: number;
  /** The most that is removed. */
  readonly limit: number;
}

export interface CutPlan {
  /** How many bytes are removed from the file: whole blocks. */
  readonly bytes: number;
  /**
   * The part is the range from `skip` to here: at least `bytes`, and the end of a line unless lines are longer than a
   * part.
   */
  readonly end: number;
}

/** Bytes of the file at a position; fewer at its end. Valid until the next call. */
export type ReadBytes = (position: number, count: number) => Uint8Array;

const CHUNK = 1 << 16;
/** In blocks: the end of a longer line is not waited for. */
const LONG_LINE = 16;
/** The end of a line is looked for in so many bytes: whoever cuts has other logs, and holes have no lines. */
const LONGEST_SEARCH = 1 << 26;

/** @returns undefined if there is no block to remove yet */
export function planCut(facts: CutFacts, read: ReadBytes): CutPlan | undefined {
  const { size, unit, skip } = facts;
  const limit = Math.min(size, Math.max(facts.limit, 2 * unit));
  const lines = lastLineEnd(read, Math.max(skip, limit - LONGEST_SEARCH), limit);
  if (lines === undefined) return splitLine(facts, limit);
  const bytes = blocksIn(lines, size, unit);
  if (bytes > 0) return { bytes, end: Math.max(skip, firstLineEnd(read, bytes, lines)) };
  return limit - lines < LONG_LINE * unit ? undefined : splitLine(facts, limit);
}

/** There is only an endless line. */
function splitLine(
  { size, unit, skip }: CutFacts,
  limit: number,
): CutPlan | undefined {
  const bytes = blocksIn(limit, size, unit);
  return bytes > 0 ? { bytes, end: Math.max(bytes, skip) } : undefined;
}

/** The whole blocks below a position. The kernel does not remove everything. */
function blocksIn(position: number, size: number, unit: number): number {
  const bytes = Math.floor(position / unit) * unit;
  return bytes < size ? bytes : bytes - unit;
}

/** The position after the last line break between `from` and `to`. */
function lastLineEnd(read: ReadBytes, from: number, to: number): number | undefined {
  for (let end = to; end > from;) {
    const begin = Math.max(from, end - CHUNK);
    const at = read(begin, end - begin).lastIndexOf(NEWLINE);
    if (at >= 0) return begin + at + 1;
    end = begin;
  }
}

/** Where the line that spans `position` ends; `position` itself if one ends there. */
function firstLineEnd(read: ReadBytes, position: number, to: number): number {
  for (let begin = position - 1; begin < to; begin += CHUNK) {
    const at = read(begin, Math.min(CHUNK, to - begin)).indexOf(NEWLINE);
    if (at >= 0) return begin + at + 1;
  }
  return to;
}
