// Pure: an end's result as a header, for those who only count and do not fetch bodies.
import { encodeEnd, type EndMessage } from "./records.ts";
import type { Keepable } from "./stream_calls.ts";

export const END_HEADER = "Imp-End";

/** The result of a job; `unknown`: its end is of a version that does not say. */
export type EndVerdict =
  | "ok"
  | "failed"
  | "given up"
  | "lost"
  | "cancelled"
  | "unknown";

export const VERDICTS: readonly EndVerdict[] = [
  "unknown",
  "ok",
  "failed",
  "given up",
  "lost",
  "cancelled",
];

export function verdictIn(header: string): EndVerdict {
  return VERDICTS.find((verdict) => verdict === header) ?? "unknown";
}

/** What became of a job. */
function endVerdict({ how, ended }: Pick<EndMessage, "how" | "ended">): EndVerdict {
  if (how !== "ran") return how;
  // In the payload of the frame ENDED: how, and the wait status.
  return ended.length >= 5 && ended.subarray(0, 5).every((byte) => byte === 0) ? "ok" : "failed";
}

/** The one record of how a job ended; it may exist already. */
export function endRecord(subject: string, id: string, end: EndMessage): Keepable {
  const headers = { [END_HEADER]: endVerdict(end) };
  return { subject, id, data: encodeEnd(end), headers, first: true };
}
