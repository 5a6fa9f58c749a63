import { formatDuration } from "../../base/duration.ts";
import type { Counts } from "../types.ts";

/** The rate is averaged over this window: long enough to be calm, short enough to follow a change. */
const WINDOW_MS = 15_000;
const SAMPLES = 60;

/** The current rate of finished jobs. */
export class RateMeter {
  private readonly samples: { readonly at: number; readonly done: number }[] = [];

  constructor(start: number) {
    this.samples.push({ at: start, done: 0 });
  }

  /** @param now milliseconds, monotonic; may be called at any rate */
  note(now: number, done: number): void {
    const { samples } = this;
    const latest = samples[samples.length - 1];
    if (samples.length > 1 && now - samples[samples.length - 2].at < WINDOW_MS / SAMPLES) {
      samples[samples.length - 1] = { at: now, done };
    } else if (now > latest.at) samples.push({ at: now, done });
    while (samples.length > 2 && now - samples[1].at >= WINDOW_MS) samples.shift();
  }

  /** Jobs per second; undefined before the first is done. */
  get perSecond(): number | undefined {
    const first = this.samples[0];
    const latest = this.samples[this.samples.length - 1];
    const jobs = latest.done - first.done;
    return jobs > 0 && latest.at > first.at ? 1000 * jobs / (latest.at - first.at) : undefined;
  }
}

/**
 * The progress line: `120/1000 12%  8 running  2 failed  35.2/s  25s left`. Until the end of the input is known, only
 * the known parts. Words are dropped from the right if the terminal is too narrow.
 */
export function progressText(counts: Counts, perSecond: number | undefined, width: number): string {
  const { done, running, failed, total } = counts;
  const known = total === undefined
    ? [`${done} done`]
    : [`${done}/${total} ${percent(done, total)}`];
  const words = [...known, `${running} running`, `${failed} failed`];
  if (perSecond !== undefined) words.push(rateText(perSecond));
  if (total !== undefined && perSecond !== undefined && total > done) {
    words.push(`${timeLeft((total - done) / perSecond)} left`);
  }
  let line = words[0];
  for (const word of words.slice(1)) {
    if (line.length + 2 + word.length > width) break;
    line += `  ${word}`;
  }
  return line.slice(0, width);
}

/** Whole seconds: an estimate is not more precise. */
function timeLeft(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)}s` : formatDuration(1000 * seconds);
}

/** The line at the end, with `-v`: `1000 jobs in 28.3s (35.3/s): 998 succeeded, 2 failed`. @param ms from start to end */
export function summaryText(counts: Counts, ms: number): string {
  const { done, earlier = 0 } = counts;
  const here = done - earlier;
  const rate = here > 0 && ms > 0 ? ` (${rateText(1000 * here / ms)})` : "";
  return `${started(counts, "job")} in ${formatDuration(ms)}${rate}: ${outcomes(counts)}`;
}

/** `5 jobs: 2 succeeded, 1 failed, 2 ended, 95 not run`; `5 jobs (3 printed before): ...`. @param one the singular noun */
export function sumsText(counts: Counts, one: string): string {
  return `${started(counts, one)}: ${outcomes(counts)}`;
}

function started({ done, ended = 0, earlier = 0 }: Counts, one: string): string {
  const all = done + ended;
  const before = earlier > 0 ? ` (${earlier} printed before)` : "";
  return (all === 1 ? `1 ${one}` : `${all} ${one}s`) + before;
}

function outcomes({ done, failed, ended = 0, total = 0 }: Counts): string {
  const left = total - done - ended;
  const parts = [`${done - failed} succeeded`, `${failed} failed`];
  if (ended > 0) parts.push(`${ended} ended`);
  if (left > 0) parts.push(`${left} not run`);
  return parts.join(", ");
}

/** Rounded down: never 100 % before the end. */
function percent(done: number, total: number): string {
  return total === 0 ? "100%" : `${Math.floor(100 * done / total)}%`;
}

function rateText(perSecond: number): string {
  if (perSecond >= 100) return `${Math.round(perSecond)}/s`;
  if (perSecond >= 0.1) return `${perSecond.toFixed(1)}/s`;
  return `${(perSecond * 60).toFixed(1)}/min`;
}
