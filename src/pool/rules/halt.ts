import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { exitStatusOf } from "../../libc/processes/wait.ts";
import type { Counts, HaltDecision, HaltRule, JobEnd } from "../types.ts";

/** The meaning of GNU parallel's older spelling. */
const NUMBERS: Record<string, HaltRule> = {
  "0": { when: "never" },
  "1": { when: "soon", on: "fail", threshold: { count: 1 } },
  "2": { when: "now", on: "fail", threshold: { count: 1 } },
  "-1": { when: "soon", on: "success", threshold: { count: 1 } },
  "-2": { when: "now", on: "success", threshold: { count: 1 } },
};
const MOST_FAILURES = 100;
/** The exit status of ssh(1) when its connection is lost. */
const LOST = 255;

/**
 * Parses `--halt`: `never`, or `now` or `soon` with `fail`, `success` or `done` and a number or a percentage
 * (`now,fail=1`, `soon,done=20%`); and the older `0 1 2 -1 -2 N%`.
 * @throws UsageError
 */
export function parseHalt(text: string): HaltRule {
  if (text === "never") return { when: "never" };
  if (Object.hasOwn(NUMBERS, text)) return NUMBERS[text];
  const match = /^(now|soon),(fail|success|done)=(\d+(?:\.\d+)?)(%?)$/.exec(text) ??
    /^()()(\d+(?:\.\d+)?)(%)$/.exec(text);
  const amount = match ? Number(match[3]) : 0;
  const percent = match?.[4] === "%";
  if (!match || amount === 0 || (percent ? amount > 100 : !Number.isInteger(amount))) {
    throw new UsageError(
      `--halt '${text}': not a condition`,
      "write for example now,fail=1 or soon,success=3 or soon,done=20%",
    );
  }
  return {
    when: (match[1] || "soon") as "now" | "soon",
    on: (match[2] || "fail") as "fail" | "success" | "done",
    threshold: percent ? { percent: amount } : { count: amount },
  };
}

/**
 * Whether the pool stops. A percentage is one of all jobs, so it decides nothing before their number is known; ask
 * again then.
 */
export function decideHalt(rule: HaltRule, counts: Counts): HaltDecision {
  if (rule.when === "never") return "go on";
  const threshold = thresholdOf(rule, counts.total);
  return threshold !== undefined && reached(rule, counts) >= threshold ? rule.when : "go on";
}

/** Whether the rule needs the number of jobs. */
export function needsTotal(rule: HaltRule): boolean {
  return rule.when !== "never" && "percent" in rule.threshold;
}

/**
 * The exit status of the whole pool, as GNU parallel's: the number of failed jobs, 101 above 100. If the rule stopped
 * the pool: 0 for enough successes, the failed job's own status for one failure, the percentage of failures for a
 * percentage.
 * @param halted whether the rule stopped the pool
 * @param lastStatus of the last job that failed; see jobStatus
 */
export function poolStatus(
  rule: HaltRule,
  counts: Counts,
  halted: boolean,
  lastStatus: number,
): number {
  const failures = counts.failed > MOST_FAILURES ? MOST_FAILURES + 1 : counts.failed;
  if (rule.when === "never" || !halted) return failures;
  if (rule.on === "success") return 0;
  if ("percent" in rule.threshold) {
    // Never 0 after a failure.
    return Math.ceil(100 * counts.failed / Math.max(1, counts.total ?? counts.done));
  }
  return rule.threshold.count === 1 ? lastStatus : failures;
}

/**
 * A job's exit status: 128+n for signal n, 124 after a timeout, 255 if its host was lost, and as in a shell if it was
 * not started.
 */
export function jobStatus(end: JobEnd): number {
  if (end.by === "timeout") return EXIT.timedOut;
  if (end.by === "no answer") return EXIT.no;
  if (end.by === "lost") return LOST;
  if (end.by !== "start") return exitStatusOf(end.ending);
  return end.errno === "ENOENT" ? EXIT.notFound : EXIT.cannotExecute;
}

function thresholdOf(
  rule: Exclude<HaltRule, { when: "never" }>,
  total: number | undefined,
): number | undefined {
  if ("count" in rule.threshold) return rule.threshold.count;
  return total === undefined ? undefined : total * rule.threshold.percent / 100;
}

function reached(rule: Exclude<HaltRule, { when: "never" }>, counts: Counts): number {
  switch (rule.on) {
    case "fail":
      return counts.failed;
    case "success":
      return counts.done - counts.failed;
    case "done":
      return counts.done;
  }
}
