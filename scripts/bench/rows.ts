// Prints the rows of comparisons: one for each contender, whatever is measured.
import { median, middleOf, type Timing } from "./measure.ts";

export interface Row {
  readonly name: string;
  /** Milliseconds. */
  readonly median: number;
  /** The middle half of the times lies between these, milliseconds. */
  readonly spread: readonly [from: number, to: number];
  /** Milliseconds, with everything it has started and waited for. */
  readonly cpu: number;
  readonly faults: number;
  /** Its median divided by that of the contender all are compared with. */
  readonly ratio: number;
}

interface RowTable {
  /** What is measured. */
  readonly what: string;
  readonly timings: readonly Timing[];
  /** The contender to compare with: the beginning of its name; by default the first. */
  readonly base?: string;
  /** The amount of work in a run, for a column of amounts per second. */
  readonly amount?: number;
  readonly unit?: string;
}

export function rowsOf(timings: readonly Timing[], base?: string): Row[] {
  const compared = timings.find(({ name }) => base !== undefined && name.startsWith(base)) ??
    timings[0];
  return timings.map((timing) => ({
    name: timing.name,
    median: median(timing) / 1000,
    spread: [quarter(timing.times, 1) / 1000, quarter(timing.times, 3) / 1000],
    cpu: middleOf(timing.cpu) / 1000,
    faults: middleOf(timing.faults),
    ratio: median(timing) / median(compared),
  }));
}

/** Prints them as a table of Markdown. */
export function printRows({ what, timings, base, amount, unit }: RowTable): void {
  const rate = amount !== undefined && unit !== undefined;
  const of = base ?? timings[0].name;
  const heads = ["ms", "spread", "CPU ms", "page faults", ...rate ? [unit] : [], `of ${of}`];
  console.log(`\n| ${what} | ${heads.join(" | ")} |`);
  console.log(`| --- |${" ---: |".repeat(heads.length)}`);
  for (const row of rowsOf(timings, base)) {
    const cells = [
      figure(row.median),
      row.spread.map(figure).join("-"),
      figure(row.cpu),
      row.faults.toLocaleString("en"),
      ...rate ? [Math.round(amount / row.median * 1000).toLocaleString("en")] : [],
      row.ratio.toFixed(2),
    ];
    console.log(`| ${row.name} | ${cells.join(" | ")} |`);
  }
}

function quarter(sorted: readonly number[], number: number): number {
  return sorted[Math.round((sorted.length - 1) * number / 4)];
}

/** Three significant digits, or all before the point. */
function figure(ms: number): string {
  return ms >= 100 ? Math.round(ms).toLocaleString("en") : ms.toFixed(ms >= 10 ? 1 : 2);
}
