import { formatDuration } from "../../base/duration.ts";
import type { LogCursor } from "../../logs/read/cursor.ts";
import { positionAt, readMarks, type TimeMark } from "../../logs/times.ts";
import type { LogSource } from "./sources.ts";

/** The part of a log written in a period, as far as known. */
export interface TimeWindow {
  /** Positions in the stream. */
  readonly from?: number;
  readonly to?: number;
  /** What is inexact, in a sentence. */
  readonly doubt?: string;
}

/** Times this close count as exact. */
const CLOSE_MS = 2000;

/**
 * Lines of a raw log carry no times. Known are only the size of the log at some moments, and when its old parts were
 * last written. So slightly more than requested is shown, and never less.
 * @param since milliseconds since 1970, like `until`
 */
export function timeWindow(
  { name, directory, file }: LogSource,
  cursor: LogCursor,
  since: number | undefined,
  until: number | undefined,
): TimeWindow {
  const marks = [
    ...cursor.partsModified.slice(0, -1).map(({ position, modified }) => ({
      at: modified,
      position,
    })),
    ...readMarks(directory, file.stream),
  ].sort((a, b) => a.at - b.at);
  const begin = since === undefined ? undefined : positionAt(marks, since);
  const end = until === undefined ? undefined : marks.find(({ at }) => at >= until);
  const doubt = since === undefined ? undefined : doubtOf(name, since, begin);
  return { from: begin?.position, to: end?.position, doubt };
}

function doubtOf(name: string, since: number, begin: TimeMark | undefined): string | undefined {
  if (begin === undefined) {
    return `${name}: its lines have no times, and imp does not know their position at that time: all are shown (see --log-format)`;
  }
  const early = since - begin.at;
  if (early <= CLOSE_MS) return undefined;
  return `${name}: its lines have no times; shown from ${formatDuration(early)} before that on, ` +
    "the last moment whose place is known";
}
