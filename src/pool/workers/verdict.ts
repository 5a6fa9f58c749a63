import type { Ending } from "../../libc/processes/wait.ts";

/** A worker that has ended, as far as its records are concerned. */
export interface Death {
  /** Bytes of each record that it had not answered, in the order in which they were sent. */
  readonly lengths: readonly number[];
  /** How many of these bytes it had not read: the kernel counts them in the pipe. */
  readonly unread: number;
  readonly ending: Ending;
  /** How many records it had answered in its life. */
  readonly answered: number;
  /** It speaks frames, or whatever tells for sure that a record which was read was begun. */
  readonly exact: boolean;
  /** The first record was given back without blame before. */
  readonly spared: boolean;
}

/**
 * What becomes of the records that a worker left unanswered: `charged`: the first one fails with the worker's end; `spared`:
 * it is given to another worker, but only this once; `untouched`: nothing of it was read. The others were never begun, since
 * a worker answers in order: they are given to another one.
 */
export function judgeDeath(death: Death): "nothing" | "untouched" | "spared" | "charged" {
  const { lengths, unread, ending, answered, exact, spared } = death;
  if (lengths.length === 0) return "nothing";
  let all = 0;
  for (const length of lengths) all += length;
  if (unread >= all) return "untouched";
  // A program that ends by itself after some records has often read more than it began: stdio reads whole blocks.
  const resigned = !exact && answered > 0 && ending.how === "exit" && ending.code === 0;
  return resigned && !spared ? "spared" : "charged";
}
