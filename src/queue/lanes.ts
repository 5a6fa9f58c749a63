// Pure: a queue's jobs wait in lanes, one for each priority and each tag that they require of a worker. Most queues
// have one lane.
import { UsageError } from "../base/errors.ts";

/** In order of precedence. */
export const PRIORITIES = ["high", "normal", "low"] as const;
export type Priority = typeof PRIORITIES[number];

/** Where a run's jobs wait. */
export interface Lane {
  readonly priority: Priority;
  /** Only workers with this tag take them. */
  readonly tag?: string;
  /**
   * They are not programs but records for resident workers: a version that does not know that would execute their
   * words.
   */
  readonly records?: true;
}

/** The lane that every version of imp serves. */
export const USUAL_LANE: Lane = { priority: "normal" };

const TAG = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
/** No run can have such a name: a subject with it does not belong to a run. */
const WORD = /^_(_?)(high|normal|low)(?:_(.+))?$/;

/** @param option it was given by @throws UsageError */
export function checkWorkerTag(option: string, tag: string): string {
  if (TAG.test(tag)) return tag;
  throw new UsageError(
    `${option} ${JSON.stringify(tag)} is not a valid tag`,
    "letters, digits, _ and -, at most 32, the first a letter or a digit",
  );
}

export function isPriority(text: unknown): text is Priority {
  return PRIORITIES.some((priority) => priority === text);
}

/** Whether a text may be a tag. */
export function isWorkerTag(text: unknown): text is string {
  return typeof text === "string" && TAG.test(text);
}

export function isUsualLane({ priority, tag, records }: Lane): boolean {
  return priority === USUAL_LANE.priority && tag === undefined && !records;
}

/** A word for subjects and names of consumers. */
export function laneWord({ priority, tag, records }: Lane): string {
  return `${records ? "__" : "_"}${priority}${tag === undefined ? "" : `_${tag}`}`;
}

/** @returns undefined if it belongs to no lane */
export function laneOfWord(word: string): Lane | undefined {
  const [, second, priority, tag] = WORD.exec(word) ?? [];
  if (!isPriority(priority) || (tag !== undefined && !isWorkerTag(tag))) return undefined;
  return laneOf(priority, tag, second === "_");
}

export function laneOf(priority: Priority, tag: string | undefined, records: boolean): Lane {
  return {
    priority,
    ...tag === undefined ? {} : { tag },
    ...records ? { records } : {},
  };
}

/**
 * The lanes from which a worker takes jobs, in the order to ask: higher priority first, then those that few workers may
 * serve before those that all may.
 */
export function lanesFor(tags: readonly string[]): Lane[] {
  const asked = [...new Set(tags), undefined];
  return PRIORITIES.flatMap((priority) =>
    asked.flatMap((tag) => [laneOf(priority, tag, false), laneOf(priority, tag, true)])
  );
}
