import type { ReportRows } from "./rows.ts";
import { outcomeText } from "./view.ts";
import { byStart, slotsOf } from "./slots.ts";

/** What the script of a page reads; the names are short because they are repeated in every page. */
export interface PageData {
  /** Milliseconds since 1970 of the first start. */
  readonly t0: number;
  /** In the order of starts: starts as differences, run times, outcomes, slots, numbers. */
  readonly start: readonly number[];
  readonly run: readonly number[];
  readonly end: readonly number[];
  readonly slot: readonly number[];
  readonly seq: readonly number[];
  /** Commands: how many characters are shared with the previous one, and the rest. */
  readonly same: readonly number[];
  readonly rest: readonly string[];
  /** The names of outcomes. */
  readonly names: Readonly<Record<number, string>>;
  readonly hosts: readonly string[];
  readonly hostOfSlot: readonly number[];
}

/** The jobs of a run in few characters. */
export function pageData(rows: ReportRows): PageData {
  const order = [...byStart(rows)];
  const { slots, hostOfSlot } = slotsOf(rows);
  const t0 = order.length > 0 ? rows.start[order[0]] : 0;
  const command = (i: number) => i < 0 ? "" : rows.command[order[i]];
  const same = order.map((_, i) => commonPrefix(command(i - 1), command(i)));
  return {
    t0,
    start: order.map((at, i) => rows.start[at] - (i === 0 ? t0 : rows.start[order[i - 1]])),
    run: order.map((at) => rows.runtime[at]),
    end: order.map((at) => rows.outcome[at]),
    slot: order.map((at) => slots[at]),
    seq: order.map((at) => rows.seq[at]),
    same,
    rest: order.map((at, i) => rows.command[at].slice(same[i])),
    names: Object.fromEntries([...new Set(rows.outcome)].map((one) => [one, outcomeText(one)])),
    hosts: rows.hosts,
    hostOfSlot,
  };
}

function commonPrefix(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let n = 0;
  while (n < most && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  return n;
}
