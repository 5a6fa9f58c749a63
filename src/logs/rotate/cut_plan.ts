// Pure: where a log is cut. Its file loses whole blocks, its old parts have whole lines.

const NEWLINE = 10;

/** What is known of the file. */
export interface CutFacts {
  readonly size: number;
  /** Bytes at its beginning that stand in part 1 already: the end of a line. */
  readonly skip: number;
  /** Blocks of this size can be taken out. */
  readonly unit: number;
  /** At most so much is taken. */
  readonly limit: number;
}

export interface CutPlan {
  /** So many bytes are taken out of the file: whole blocks. */
  readonly bytes: number;
  /** The part is what stands from `skip` up to here: not below `bytes`, and the end of a line where lines are shorter than a part. */
  readonly end: number;
}

/** Bytes of the file at a position; fewer at its end. Valid until the next call. */
export type ReadBytes = (position: number, count: number) => Uint8Array;

const CHUNK = 1 << 16;
/** Of so many blocks: it is not waited for its end. */
const LONG_LINE = 16;

/** @returns undefined when there is no block to take out yet */
export function planCut(facts: CutFacts, read: ReadBytes): CutPlan | undefined {
  const { size, unit, skip } = facts;
  const limit = Math.min(size, Math.max(facts.limit, 2 * unit));
  const lines = lastLineEnd(read, skip, limit);
  if (lines === undefined) return splitLine(facts, limit);
  const bytes = blocksIn(lines, size, unit);
  if (bytes > 0) return { bytes, end: Math.max(skip, firstLineEnd(read, bytes, lines)) };
  return limit - lines < LONG_LINE * unit ? undefined : splitLine(facts, limit);
}

/** There is nothing but a line that goes on and on. */
function splitLine(
  { size, unit, skip }: CutFacts,
  limit: number,
): CutPlan | undefined {
  const bytes = blocksIn(limit, size, unit);
  return bytes > 0 ? { bytes, end: Math.max(bytes, skip) } : undefined;
}

/** The whole blocks below a position. The kernel does not take out everything. */
function blocksIn(position: number, size: number, unit: number): number {
  const bytes = Math.floor(position / unit) * unit;
  return bytes < size ? bytes : bytes - unit;
}

/** The position behind the last line break from `from` to `to`. */
function lastLineEnd(read: ReadBytes, from: number, to: number): number | undefined {
  for (let end = to; end > from;) {
    const begin = Math.max(from, end - CHUNK);
    const at = read(begin, end - begin).lastIndexOf(NEWLINE);
    if (at >= 0) return begin + at + 1;
    end = begin;
  }
}

/** Where the line ends that stands on both sides of `position`; `position` itself where one ends there. */
function firstLineEnd(read: ReadBytes, position: number, to: number): number {
  for (let begin = position - 1; begin < to; begin += CHUNK) {
    const at = read(begin, Math.min(CHUNK, to - begin)).indexOf(NEWLINE);
    if (at >= 0) return begin + at + 1;
  }
  return to;
}
