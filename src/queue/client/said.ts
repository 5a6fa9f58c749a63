// What messages say to a client, and one that it says itself.
import { NO_DATA } from "../link.ts";
import type { EndMessage } from "../records.ts";

/** The end of a job that its client does not want any more. */
export function cancelledEnd(host: string, pid: number): EndMessage {
  return {
    ...{ how: "cancelled", attempt: "client", host, pid, deliveries: 0, at: Date.now(), why: "" },
    ...{ ended: NO_DATA, out: NO_DATA, err: NO_DATA, chunks: 0, firstChunk: 0, job: NO_DATA },
  };
}

/** Whether a job is to be counted as failed. */
export function endHasFailed({ how, ended }: EndMessage): boolean {
  if (how !== "ran" || ended.length < 5 || ended[0] !== 0) return true;
  return (ended[1] | ended[2] | ended[3] | ended[4]) !== 0;
}

/** Whether somebody waits for jobs, or has some. */
export function hasWorkers(info: Uint8Array): boolean {
  const { num_waiting: waiting, num_ack_pending: taken } = JSON.parse(
    new TextDecoder().decode(info),
  );
  return waiting !== 0 || taken !== 0;
}
