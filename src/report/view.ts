import { signalName } from "../libc/processes/signals.ts";
import { HOST_LOST, type ReportRows, TIMED_OUT } from "./rows.ts";
import { byStart } from "./slots.ts";

/** What surrounds the rows of a report. */
export interface RunContext {
  /** The file that it was read from, or how the pool was called. */
  readonly source: string;
  /** `running`: the page will be written again; `stopped`: something ended the run before its jobs had ended. */
  readonly state: "running" | "ended" | "stopped" | "unknown";
  /** When the page was made, milliseconds since 1970. */
  readonly madeAt: number;
  /** What the reader should know about the rows. */
  readonly notes: readonly string[];
  readonly running?: number;
  readonly total?: number;
}

/** The numbers of a run, and which of its jobs are shown. */
export interface RunView {
  readonly jobs: number;
  readonly failed: number;
  /** Attempts replaced by a later row of the same job. */
  readonly replaced: number;
  /** Milliseconds since 1970; 0 without rows. */
  readonly from: number;
  /** Milliseconds from the first start to the last end. */
  readonly wall: number;
  /** Milliseconds, of all jobs. */
  readonly work: number;
  readonly median: number;
  readonly longest: number;
  /** Milliseconds and bytes; undefined if unknown for every job. */
  readonly cpu?: number;
  readonly memory?: number;
  /** Row numbers: all failures in the order of their ends; for the others, the largest first. */
  readonly failures: readonly number[];
  readonly slowest: readonly number[];
  readonly hungriest: readonly number[];
  readonly rate: readonly Bin[];
  readonly times: readonly Bin[];
  /** The run times are binned by their logarithm. */
  readonly logarithmic: boolean;
}

/** One bar: from and to are milliseconds. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly good: number;
  readonly bad: number;
}

/** Bars at most; a run of few jobs has fewer. */
const RATE_BINS = 90;
const TIME_BINS = 45;
const MOST_SLOWEST = 25;
const MOST_HUNGRY = 10;

/** What a report shows of these rows. */
export function viewOf(rows: ReportRows): RunView {
  const replaced = replacedRows(rows);
  const all = indices(rows);
  const from = least(rows.start);
  const wall = all.reduce((end, at) => Math.max(end, rows.start[at] + rows.runtime[at] - from), 0);
  const runtimes = Float64Array.from(rows.runtime).sort();
  const longest = runtimes[runtimes.length - 1] ?? 0;
  const failures = all.filter((at) => rows.outcome[at] !== 0 && !replaced.has(at));
  const logarithmic = longest > 20 * Math.max(1, runtimes[0] ?? 0);
  return {
    jobs: rows.length - replaced.size,
    failed: failures.length,
    replaced: replaced.size,
    ...{ from, wall, longest, failures, logarithmic },
    work: runtimes.reduce((sum, one) => sum + one, 0),
    median: runtimes[runtimes.length >> 1] ?? 0,
    cpu: rows.cpu.size > 0 ? [...rows.cpu.values()].reduce((sum, one) => sum + one, 0) : undefined,
    memory: rows.memory.size > 0 ? largest([...rows.memory.values()]) : undefined,
    slowest: topOf(all, (at) => rows.runtime[at], MOST_SLOWEST),
    hungriest: topOf([...rows.memory.keys()], (at) => rows.memory.get(at)!, MOST_HUNGRY),
    rate: rateBins(rows, from, wall),
    times: timeBins(rows, runtimes[0] ?? 0, longest, logarithmic),
  };
}

/** How a job ended, in the user's words. */
export function outcomeText(outcome: number): string {
  if (outcome === 0) return "ok";
  if (outcome === TIMED_OUT) return "timed out";
  if (outcome === HOST_LOST) return "host lost";
  return outcome < 0 ? `SIG${signalName(-outcome)}` : `exit ${outcome}`;
}

/** Rows of a job that was repeated later, with `--resume-failed`. */
function replacedRows(rows: ReportRows): Set<number> {
  const last = new Map<number, number>();
  const replaced = new Set<number>();
  for (const at of byStart(rows)) {
    const before = last.get(rows.seq[at]);
    if (before !== undefined && rows.command[before] === rows.command[at]) replaced.add(before);
    last.set(rows.seq[at], at);
  }
  return replaced;
}

function rateBins(rows: ReportRows, from: number, wall: number): Bin[] {
  const count = Math.round(Math.min(RATE_BINS, 6 + 2.5 * Math.sqrt(rows.length)));
  const width = Math.max(1, wall) / count;
  const edges = Array.from({ length: count + 1 }, (_, i) => i * width);
  return filled(rows, edges, (at) => {
    const end = rows.start[at] + rows.runtime[at] - from;
    return Math.min(count - 1, Math.floor(end / width));
  });
}

function timeBins(rows: ReportRows, shortest: number, longest: number, byLog: boolean): Bin[] {
  const scale = (ms: number) => byLog ? Math.log(Math.max(1, ms)) : ms;
  const back = (value: number) => byLog ? Math.exp(value) : value;
  const low = byLog ? scale(shortest) : 0;
  const count = Math.round(Math.min(TIME_BINS, 6 + 2 * Math.sqrt(rows.length)));
  const width = (scale(longest) - low) / count || 1;
  const edges = Array.from({ length: count + 1 }, (_, i) => back(low + i * width));
  return filled(rows, edges, (at) => {
    const bin = Math.floor((scale(rows.runtime[at]) - low) / width);
    return Math.max(0, Math.min(count - 1, bin));
  });
}

function filled(rows: ReportRows, edges: number[], binOf: (at: number) => number): Bin[] {
  const good = new Uint32Array(edges.length - 1), bad = new Uint32Array(edges.length - 1);
  for (let at = 0; at < rows.length; at++) (rows.outcome[at] === 0 ? good : bad)[binOf(at)]++;
  return Array.from(good, (count, i) => ({
    ...{ from: edges[i], to: edges[i + 1], good: count, bad: bad[i] },
  }));
}

function topOf(all: readonly number[], value: (at: number) => number, most: number): number[] {
  const kept: number[] = [];
  let floor = -Infinity;
  for (const at of all) {
    if (kept.length >= most && value(at) <= floor) continue;
    const place = kept.findIndex((other) => value(other) < value(at));
    kept.splice(place < 0 ? kept.length : place, 0, at);
    if (kept.length > most) kept.pop();
    floor = value(kept[kept.length - 1]);
  }
  return kept;
}

function indices(rows: ReportRows): number[] {
  return Array.from({ length: rows.length }, (_, at) => at);
}

function least(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => Math.min(a, b));
}

function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}
