// Pure: jobs of a queue wait in lanes, one for each priority and each tag that they ask of a worker. Most queues have one lane.
import { UsageError } from "../base/errors.ts";

/** The first is taken first. */
export const PRIORITIES = ["high", "normal", "low"] as const;
export type Priority = typeof PRIORITIES[number];

/** Where the jobs of a run wait. */
export interface Lane {
  readonly priority: Priority;
  /** Only workers with this tag take them. */
  readonly tag?: string;
  /** They are no programs but records for workers that stay: a version that does not know that would execute their words. */
  readonly records?: true;
}

/** What every version of imp takes. */
export const USUAL_LANE: Lane = { priority: "normal" };

const TAG = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
/** No run can be called so: a subject that has it is none of a run. */
const WORD = /^_(_?)(high|normal|low)(?:_(.+))?$/;

/** @param option that gives it @throws UsageError */
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

/** Whether a tag may be one. */
export function isWorkerTag(text: unknown): text is string {
  return typeof text === "string" && TAG.test(text);
}

export function isUsualLane({ priority, tag, records }: Lane): boolean {
  return priority === USUAL_LANE.priority && tag === undefined && !records;
}

/** A word of subjects and names of consumers. */
export function laneWord({ priority, tag, records }: Lane): string {
  return `${records ? "__" : "_"}${priority}${tag === undefined ? "" : `_${tag}`}`;
}

/** @returns undefined where it is that of no lane */
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
 * The lanes of which a worker takes jobs, the one to be asked first in front: a higher priority before a lower one, and what few workers may
 * take before what all may.
 */
export function lanesFor(tags: readonly string[]): Lane[] {
  const asked = [...new Set(tags), undefined];
  return PRIORITIES.flatMap((priority) =>
    asked.flatMap((tag) => [laneOf(priority, tag, false), laneOf(priority, tag, true)])
  );
}
