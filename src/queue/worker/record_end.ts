// Pure: a resident worker's answer to a record, as the end of a job: so clients and readers need only know jobs.
import { answerIn } from "../../hosts/answer_frames.ts";
import { type HostFrame, PAYLOAD_AT } from "../../hosts/frames.ts";
import { endedFrame, endedIn, type JobEnded } from "../../hosts/job_frames.ts";
import { errnoNumber } from "../../libc/calling/errno.ts";
import { waitStatusOf } from "../../libc/processes/wait.ts";
import { NO_DATA } from "../link.ts";
import type { RanEnd } from "./held_job.ts";
import { concat } from "../../pool/bytes.ts";

const FAILED = waitStatusOf({ how: "exit", code: 1 });
const NEWLINE = Uint8Array.of(10);

/** The job's output, and the payload of its frame ENDED. */
export interface RecordEnd {
  readonly stream: "out" | "err";
  readonly bytes: Uint8Array;
  readonly ended: Uint8Array;
}

/** @param frame ANSWER @param terminator follows an answer */
export function endOfAnswer(frame: HostFrame, terminator: Uint8Array): RecordEnd {
  const { kind, pid, slot, start, seconds, bytes } = answerIn(frame);
  const isValue = kind === "value";
  const ended = payloadOf({
    ...{ how: "itself", status: isValue ? 0 : FAILED, pid, slot, start, seconds },
    ...{ userSeconds: 0, systemSeconds: 0, maxResident: 0, why: "" },
  });
  const behind = isValue ? terminator : NEWLINE;
  return { stream: isValue ? "out" : "err", bytes: concat([bytes, behind]), ended };
}

/** @param frame ENDED: the record has no answer */
export function endWithoutAnswer(frame: HostFrame): RecordEnd {
  const ended = endedIn(frame);
  const { how, status, why } = ended;
  const isWell = how === "itself" && status === 0;
  return {
    stream: "err",
    bytes: new TextEncoder().encode(why === "" ? "" : `${why}\n`),
    ended: payloadOf(isWell ? { ...ended, status: FAILED } : ended),
  };
}

/** A job that cannot be run here. @param why may contain an errno name */
export function notRun(why: string): RanEnd {
  const errno = /\bE[A-Z0-9]{2,}\b/.exec(why)?.[0] ?? "EINVAL";
  const ended = payloadOf({
    ...{
      how: "not started",
      status: errnoNumber(errno),
      pid: 0,
      slot: 0,
      start: Date.now() / 1000,
    },
    ...{ seconds: 0, userSeconds: 0, systemSeconds: 0, maxResident: 0, why },
  });
  const nothing = { out: NO_DATA, err: NO_DATA, chunks: 0, firstChunk: 0 };
  return { ...nothing, ended, at: Date.now(), pid: 0 };
}

/** Whether a machine has failed for lack of some resource. */
export function isExhausted(why: string): boolean {
  return /\b(?:EMFILE|ENFILE|ENOMEM|EAGAIN|ENOSPC|EDQUOT)\b/.test(why);
}

function payloadOf(ended: JobEnded): Uint8Array {
  return endedFrame(0, ended).slice(PAYLOAD_AT);
}
