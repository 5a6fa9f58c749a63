import { NO_DATA } from "../link.ts";
import type { EndMessage, JobMessage, QueueEnd } from "../records.ts";
import type { Beginnings } from "./beginnings.ts";
import type { DeliveryState } from "./delivery.ts";
import type { KnownRun } from "./known_runs.ts";
import type { TakerSettings } from "./taker_settings.ts";

/** A job that the queue has given to this worker. */
export interface TakenJob {
  readonly run: string;
  readonly key: string;
  /** The name of this attempt, unlike all others. */
  readonly attempt: string;
  readonly message: JobMessage;
}

/** What a job that was run has come to. */
export type RanEnd = Pick<
  EndMessage,
  "ended" | "out" | "err" | "chunks" | "firstChunk" | "at" | "pid"
>;

/** A job that this worker has, and what is known of it. */
export interface Held {
  state: DeliveryState;
  /** Where the last delivery is answered. */
  reply: string;
  deliveries: number;
  readonly beginnings: Beginnings;
  readonly job: TakenJob;
  known?: KnownRun;
  ran?: RanEnd;
  why: string;
}

/** What is recorded of it. */
export function endOfHeld(
  { job, deliveries: given, beginnings, ran, why }: Held,
  how: QueueEnd,
  { host, pid }: TakerSettings,
): EndMessage {
  const deliveries = how === "given up" ? beginnings.count : given;
  return {
    ...(ran ?? { ...NOT_RUN, at: Date.now(), pid }),
    ...{ how, attempt: job.attempt, host, deliveries, why, job: job.message.job },
  };
}

const NOT_RUN = { ended: NO_DATA, out: NO_DATA, err: NO_DATA, chunks: 0, firstChunk: 0 };

/** Nobody will ask what became of it. */
export function isRemoved({ known }: Held): boolean {
  return known?.order === "remove";
}
