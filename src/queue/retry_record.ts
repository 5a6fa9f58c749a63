// Pure: the retry rule of a run, as JSON. It is the client that retries: one that attaches must know the rule.
import type { RetryReason, RetryRule } from "../pool/types.ts";

/** For a record: JSON has neither Infinity nor sets. */
export function retryAsJson({ attempts, on, ...times }: RetryRule): Record<string, unknown> {
  return {
    ...times,
    attempts: attempts === Infinity ? 0 : attempts,
    ...on === undefined ? {} : { on: [...on] },
  };
}

/** @returns undefined if it is none */
export function retryIn(value: unknown): RetryRule | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { attempts, delay, factor, maxDelay, jitter, on } = value as Record<string, unknown>;
  const numbers = [attempts, delay, factor, maxDelay, jitter];
  if (!numbers.every((one) => typeof one === "number" && one >= 0)) return undefined;
  if (on !== undefined && !(Array.isArray(on) && on.every(isReason))) return undefined;
  return {
    ...{ delay, factor, maxDelay, jitter } as RetryRule,
    attempts: attempts as number || Infinity,
    ...on === undefined ? {} : { on: new Set<RetryReason>(on) },
  };
}

function isReason(value: unknown): value is RetryReason {
  return Number.isInteger(value) || value === "timeout" || value === "lost";
}
