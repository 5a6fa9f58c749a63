// Pure: whether and when a program is restarted.
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptRun, KeptState } from "../records/kept_state.ts";

export type RestartRules = Pick<KeptSettings, "restart" | "backoff" | "maxRestarts">;

/** What has been counted so far. */
export type RestartCounts = Pick<KeptState, "restarts" | "failures" | "restartTimes">;

export type RestartVerdict =
  /** It has done its work. */
  | { readonly is: "finished" }
  /** It is not retried. @field reason in a sentence */
  | { readonly is: "failed"; readonly reason: string }
  | { readonly is: "restart"; readonly inMs: number; readonly counts: RestartCounts };

/** The relevant facts of an attempt; one that could not be executed lasted 0 ms. */
export interface EndedRun {
  readonly kind: KeptRun["kind"];
  readonly failedStart: boolean;
  readonly lastedMs: number;
}

/** Beyond this, the doubled pause exceeds any cap. */
const MOST_DOUBLINGS = 40;

/**
 * The first restart after a healthy run is immediate; after consecutive failures the pauses double, up to a cap. It
 * never gives up by itself: programs must survive the night. No run begins sooner after the previous one than the first
 * pause, so that none can spin.
 * @param random from 0 to 1: daemons that lost the same database do not all restart at the same moment
 */
export function judgeAttempt(
  attempt: EndedRun,
  counts: RestartCounts,
  rules: RestartRules,
  now: number,
  random: number,
): RestartVerdict {
  const failed = runHasFailed(attempt);
  if (rules.restart === "no" || (rules.restart === "on-failure" && !failed)) {
    return failed ? { is: "failed", reason: whyFailed(attempt) } : { is: "finished" };
  }
  const { maxRestarts } = rules;
  const recent = maxRestarts
    ? counts.restartTimes.filter((at) => at > now - maxRestarts.withinMs && at <= now)
    : [];
  if (maxRestarts && recent.length >= maxRestarts.count) {
    const within = Math.round(maxRestarts.withinMs / 1000);
    return {
      is: "failed",
      reason:
        `restarted ${recent.length} times within ${within} s, as often as --max-restarts allows`,
    };
  }
  const failures = isHealthy(attempt) ? 0 : counts.failures + 1;
  return {
    is: "restart",
    inMs: Math.round(pauseAfter(attempt, failures, rules.backoff, random)),
    counts: {
      restarts: counts.restarts + 1,
      failures,
      restartTimes: maxRestarts ? [...recent, now] : [],
    },
  };
}

/** It ended otherwise than it should, or too soon. */
export function runHasFailed(
  { kind, failedStart }: Pick<EndedRun, "kind" | "failedStart">,
): boolean {
  return failedStart || kind !== "normal";
}

/** It came up and stayed long enough: however it ended, the next one may come up too. */
function isHealthy({ failedStart }: EndedRun): boolean {
  return !failedStart;
}

function pauseAfter(
  attempt: EndedRun,
  failures: number,
  { firstMs, mostMs }: RestartRules["backoff"],
  random: number,
): number {
  const cap = Math.max(firstMs, mostMs);
  if (failures === 0) return Math.max(0, firstMs - attempt.lastedMs);
  const whole = Math.min(cap, firstMs * 2 ** Math.min(failures - 1, MOST_DOUBLINGS));
  // At least the first pause, at most the cap.
  return Math.max(firstMs, whole * (1 - 0.25 * random));
}

function whyFailed({ failedStart, kind }: EndedRun): string {
  if (kind === "normal") return "it ended before it was ready or had run long enough";
  return failedStart
    ? "it failed before it was ready or had run long enough"
    : "its last run has failed";
}
