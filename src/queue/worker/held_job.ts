import { NO_DATA } from "../link.ts";
import type { EndMessage, JobMessage, QueueEnd } from "../records.ts";
import type { Beginnings } from "./beginnings.ts";
import type { DeliveryState } from "./delivery.ts";
import type { KnownRun } from "./known_runs.ts";
import type { TakerSettings } from "./taker_settings.ts";

/** A job that the queue gave to this worker. */
export interface TakenJob {
  readonly run: string;
  readonly key: string;
  /** The unique name of this attempt. */
  readonly attempt: string;
  readonly message: JobMessage;
}

/** The result of a job that was run. */
export type RanEnd = Pick<
  EndMessage,
  "ended" | "out" | "err" | "chunks" | "firstChunk" | "at" | "pid"
>;

/** A job held by this worker, and what is known of it. */
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

/** The record of its end. A job that the servers no longer take is not part of it. */
export function endOfHeld(
  { job, deliveries: given, beginnings, ran, why }: Held,
  how: QueueEnd,
  { host, pid, room }: TakerSettings,
): EndMessage {
  const deliveries = how === "given up" ? beginnings.count : given;
  const { message } = job;
  return {
    ...(ran ?? { ...NOT_RUN, at: Date.now(), pid }),
    ...{ how, attempt: job.attempt, host, deliveries, why },
    job: message.job.length > room() ? NO_DATA : message.job,
  };
}

const NOT_RUN = { ended: NO_DATA, out: NO_DATA, err: NO_DATA, chunks: 0, firstChunk: 0 };

/** Nobody will ask for its result. */
export function isRemoved({ known }: Held): boolean {
  return known?.order === "remove";
}
