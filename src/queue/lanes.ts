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
}

/** What every version of imp takes. */
export const USUAL_LANE: Lane = { priority: "normal" };

const TAG = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
/** No run can be called so: a subject that has it is none of a run. */
const WORD = /^_(high|normal|low)(?:_(.+))?$/;

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

export function isUsualLane({ priority, tag }: Lane): boolean {
  return priority === USUAL_LANE.priority && tag === undefined;
}

/** A word of subjects and names of consumers. */
export function laneWord({ priority, tag }: Lane): string {
  return tag === undefined ? `_${priority}` : `_${priority}_${tag}`;
}

/** @returns undefined where it is that of no lane */
export function laneOfWord(word: string): Lane | undefined {
  const [, priority, tag] = WORD.exec(word) ?? [];
  if (!isPriority(priority)) return undefined;
  if (tag === undefined) return { priority };
  return isWorkerTag(tag) ? { priority, tag } : undefined;
}

/**
 * The lanes of which a worker takes jobs, the one to be asked first in front: a higher priority before a lower one, and what few workers may
 * take before what all may.
 */
export function lanesFor(tags: readonly string[]): Lane[] {
  const asked = [...new Set(tags), undefined];
  return PRIORITIES.flatMap((priority) =>
    asked.map((tag) => tag === undefined ? { priority } : { priority, tag })
  );
}
