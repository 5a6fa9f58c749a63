import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { exitStatusOf } from "../../libc/processes/wait.ts";
import type { Job, JobEnd, RetryReason, RetryRule } from "../types.ts";

/** Errors with which a start can fail now and succeed later. */
const PASSING: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "ENFILE", "EMFILE", "ETXTBSY"]);
const MOST_STATUS = 255;

/** `--retries` without other options: at once, after every failure. */
export const RETRY_DEFAULTS: Omit<RetryRule, "attempts"> = {
  delay: 0,
  factor: 2,
  maxDelay: 60_000,
  jitter: 0,
};

/**
 * Whether and when a job is tried again.
 * @param attempt the one that ended, from 1
 * @param random between 0 and 1
 * @param onHost it ran, or failed to, on a host: another one may have what this one lacks
 * @returns milliseconds to wait; undefined: not again
 */
export function retryDelay(
  rule: RetryRule,
  end: JobEnd,
  attempt: number,
  random: number,
  onHost = false,
): number | undefined {
  if (attempt >= rule.attempts || !isRetryable(end, rule.on, onHost)) return undefined;
  const wait = Math.min(rule.maxDelay, rule.delay * rule.factor ** (attempt - 1));
  return wait * (1 - rule.jitter * random);
}

/**
 * Parses `--retry-on`: exit codes, with 128+n for signal n, ranges of them, `timeout` and `lost`: `75,100-110,timeout`.
 * @throws UsageError
 */
export function parseRetryOn(text: string): ReadonlySet<RetryReason> {
  const on = new Set<RetryReason>();
  for (const word of text.split(",")) {
    if (word === "timeout" || word === "lost") {
      on.add(word);
      continue;
    }
    const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(word);
    const [from, to] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [0, 0];
    if (from < 1 || to > MOST_STATUS || from > to) throw notRetryOn(word);
    for (let status = from; status <= to; status++) on.add(status);
  }
  return on;
}

/** Parses `--retries`: the maximum number of attempts, including the first; 0: until it succeeds. */
export function parseRetries(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text) || Infinity;
  throw new UsageError(`'${text}' is not a number of attempts`, "write for example 3; 0: no limit");
}

function isRetryable(end: JobEnd, on: RetryRule["on"], onHost: boolean): boolean {
  switch (end.by) {
    case "stop":
      return false;
    case "start":
      return PASSING.has(end.errno) || (onHost && on === undefined);
    case "timeout":
      return on === undefined || on.has("timeout");
    case "lost":
      return !end.final && (on === undefined || on.has("lost"));
    case "no answer":
      return on === undefined || on.has(EXIT.no);
    case "itself": {
      const status = exitStatusOf(end.ending);
      return status !== 0 && (on === undefined || on.has(status));
    }
  }
}

function notRetryOn(word: string): UsageError {
  return new UsageError(
    `--retry-on '${word}': not an exit code from 1 to ${MOST_STATUS}`,
    "write for example 75,137 or 1-10 or timeout,lost; 128+n is a job ended by signal n",
  );
}

/** A job to be started, for the first time or again. */
export interface Attempt<J extends Job = Job> {
  readonly job: J;
  /** Counts from 1. */
  readonly number: number;
  /** The rank of its first start. */
  readonly order: number;
  /** Not before, on the clock of runtime.now(). */
  readonly due: number;
  /** Hosts on which it has failed. */
  readonly avoid?: readonly string[];
  /** How often its host was lost. */
  readonly losses?: number;
}

/** Jobs waiting for their next attempt. */
export class Retries<J extends Job = Job> {
  private readonly waiting: Attempt<J>[] = [];

  get size(): number {
    return this.waiting.length;
  }

  add(attempt: Attempt<J>): void {
    const at = this.waiting.findIndex(({ due }) => due > attempt.due);
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, attempt);
  }

  /** The first one that is due. */
  take(now: number): Attempt<J> | undefined {
    return this.waiting.length > 0 && this.waiting[0].due <= now ? this.waiting.shift() : undefined;
  }

  get nextDue(): number {
    return this.waiting.length > 0 ? this.waiting[0].due : Infinity;
  }

  clear(): void {
    this.waiting.length = 0;
  }
}
