// When, where and in which order workers take the jobs of `imp pool --on`.
import { UsageError } from "../../base/errors.ts";
import { readMoment } from "../../base/moment.ts";
import { checkWorkerTag, isPriority, type Lane, USUAL_LANE } from "../../queue/lanes.ts";
import { isMoment } from "../../queue/records.ts";
import type { QueueTerms } from "./families.ts";

/** @throws UsageError */
export function laneFrom({ priority = USUAL_LANE.priority, needs: tag }: QueueTerms): Lane {
  if (!isPriority(priority)) throw new UsageError(`'${priority}' is not a priority`);
  return tag === undefined ? { priority } : { priority, tag: checkWorkerTag("--needs", tag) };
}

const DAY_MS = 24 * 3600 * 1000;

/** Milliseconds since 1970; undefined: at once. @throws UsageError */
export function startFrom({ notBefore: text }: QueueTerms, now = Date.now()): number | undefined {
  if (text === undefined) return undefined;
  const moment = readMoment(text, now);
  if (moment === undefined || ("ms" in moment && !isMoment(now + moment.ms))) {
    throw new UsageError(
      `'${text}' is not a time for --not-before`,
      "write for example 10m, 22:30, 2026-11-30 or '2026-11-30 14:30'",
    );
  }
  if ("ms" in moment) return now + moment.ms;
  // A time of day that has passed means tomorrow.
  return moment.isToday && moment.at < now ? moment.at + DAY_MS : moment.at;
}
