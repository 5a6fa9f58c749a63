// Interpretation of messages for a client.
import type { EndMessage } from "../records.ts";

/** Whether a job counts as failed. */
export function endHasFailed({ how, ended }: EndMessage): boolean {
  if (how !== "ran" || ended.length < 5 || ended[0] !== 0) return true;
  return (ended[1] | ended[2] | ended[3] | ended[4]) !== 0;
}
