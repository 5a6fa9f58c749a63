// What messages say to a client.
import type { EndMessage } from "../records.ts";

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
