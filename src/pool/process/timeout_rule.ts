import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import type { TimeoutRule } from "../types.ts";
import type { StopStep } from "../../termination/schedule.ts";
import { signalNumber } from "../../libc/processes/signals.ts";

/** How many jobs must have succeeded before their median counts. */
const ENOUGH = 3;
/** Steps of the median: 1 %. */
const STEP = Math.log(1.01);
const SHORTEST_MS = 0.1;
/** Covers more than a year. */
const STEPS = 2700;

/** Parses `--timeout`: a duration, or a percentage of successful jobs' median run time. @throws UsageError */
export function parseTimeout(text: string): TimeoutRule {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (!percent) {
    const ms = parseDuration(text);
    if (ms > 0) return { kind: "fixed", ms };
    throw new UsageError(`--timeout ${text}: must be more than 0`);
  }
  if (Number(percent[1]) > 100) return { kind: "percent", percent: Number(percent[1]) };
  throw new UsageError(
    `--timeout ${text}: half of all jobs take longer than the median`,
    "write more than 100%, for example 300%",
  );
}

/** A job's time limit. @returns milliseconds; undefined: none for now */
export function allowedTime(rule: TimeoutRule, median: RunningMedian): number | undefined {
  if (rule.kind === "fixed") return rule.ms;
  return median.count < ENOUGH ? undefined : median.value * rule.percent / 100;
}

/**
 * The median of any number of run times in constant memory: they are counted in steps of 1 %, and the median moves
 * along.
 */
export class RunningMedian {
  count = 0;
  private readonly counts = new Uint32Array(STEPS);
  private at = 0;
  /** Times in steps below `at`. */
  private below = 0;

  /** @param ms a run time in milliseconds */
  add(ms: number): void {
    const step = stepOf(ms);
    this.counts[step]++;
    this.count++;
    if (this.count === 1) this.at = step;
    else if (step < this.at) this.below++;
    // The median is the time of this rank, from 0.
    const rank = (this.count - 1) >> 1;
    while (this.below > rank) this.below -= this.counts[--this.at];
    while (this.below + this.counts[this.at] <= rank) this.below += this.counts[this.at++];
  }

  /** Milliseconds, accurate to 1 %. */
  get value(): number {
    return SHORTEST_MS * Math.exp((this.at + 0.5) * STEP);
  }
}

function stepOf(ms: number): number {
  const step = Math.floor(Math.log(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / STEP);
  return Math.min(STEPS - 1, step);
}

/** `TERM,5s,KILL`: signals, each followed by the time to wait; a bare number is milliseconds. */
export function parseTermSequence(text: string, duration: (text: string) => number): StopStep[] {
  const words = text.split(",");
  const steps: StopStep[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const signal = signalNumber(words[i]);
    if (signal === undefined) {
      throw new UsageError(`'${words[i]}' is not a signal`, "write for example TERM,5s,KILL");
    }
    const wait = words[i + 1];
    const ms = wait === undefined ? 0 : /^\d+$/.test(wait) ? Number(wait) : duration(wait);
    steps.push({ signal, wait: ms });
  }
  return steps;
}
