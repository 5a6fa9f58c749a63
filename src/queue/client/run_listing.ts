// Which jobs of a run its pool has not printed, for a pool that attaches to it.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { HOST_FRAME, hostFrame, jsonFrame, textFrame } from "../../hosts/frames.ts";
import { connectQueue } from "../connection/connection.ts";
import { patiently } from "../connection/patience.ts";
import { USUAL_LANE } from "../lanes.ts";
import type { QueueMessage } from "../link.ts";
import { jobKey, QueueSubjects, type RunTopic, streamsOf } from "../names.ts";
import { NatsLink } from "../nats_link.ts";
import { decodeEnd, decodeJob } from "../records.ts";
import {
  decodeRunClosed,
  decodeRunSettled,
  decodeRunSetup,
  type RunSettled,
} from "../run_records.ts";
import type { EarlierResults } from "../../pool/types.ts";
import { NumberRanges } from "../ranges.ts";
import { retryAsJson } from "../retry_record.ts";
import { StreamCalls } from "../stream_calls.ts";
import { streamsThere } from "../streams.ts";
import type { BridgeSettings } from "./client_settings.ts";

/** How many jobs are requested at a time. */
const AT_ONCE = 64;
/** How many jobs may have been in transit when the client was killed: after so many missing ones, none follows. */
const MOST_MISSING = 8192;

/** What was printed of a run before. */
export interface RunPrinted extends EarlierResults {
  /** The highest number among these jobs. */
  readonly last: number;
  /** The number of jobs, if all were submitted, or nobody submits more. */
  readonly total?: number;
  /** How the run's own pool tried failed jobs again; of {@link retryAsJson}. */
  readonly retry?: Record<string, unknown>;
}

/**
 * Lists the queue's jobs of a run that were not printed, in order: READY with {@link RunPrinted}, then frames JOB, then
 * CLOSE.
 * @param write takes a frame; may block
 * @throws ImpError
 */
export async function listRun(
  { access, queue, run }: Pick<BridgeSettings, "access" | "queue" | "run">,
  write: (frame: Uint8Array) => void,
): Promise<void> {
  const subjects = new QueueSubjects(queue), streams = streamsOf(queue);
  const note = (text: string) => write(textFrame(HOST_FRAME.note, text));
  const connection = await connectQueue(access, {
    name: `imp pool, list of run ${run}`,
    warn: note,
  });
  const link = new NatsLink(connection.nats);
  const calls = new StreamCalls(link);
  let lane = USUAL_LANE;
  const record = (topic: RunTopic) => runRecordOf(calls, subjects, run, topic);
  const last = (stream: string, subject: string) =>
    new Promise<QueueMessage | undefined>((resolve) => calls.last(stream, subject, resolve));

  /** The job's order; undefined: the queue does not have it. */
  async function jobOf(seq: number): Promise<Uint8Array | undefined> {
    const key = jobKey(seq, 1);
    // Its end is recorded before it leaves the queue: so look before and after.
    for (let time = 0; time < 2; time++) {
      const end = await last(streams.results, subjects.end(run, key));
      const ended = end && decodeEnd(end.data);
      if (ended) return ended.job.length > 0 ? ended.job : NO_WORDS;
      for (const subject of [subjects.job(run, key, lane), subjects.parked(run, key)]) {
        const job = await last(streams.jobs, subject);
        const message = job && decodeJob(job.data);
        if (message) return message.job;
      }
    }
    return undefined;
  }

  try {
    // Records are waited for without a word.
    const look = () => streamsThere(connection.manager, subjects);
    await patiently(look, "look at", `queue ${queue}`, note);
    const setup = await record("setup");
    if (setup === undefined) throw noSuchRun(queue, run);
    const known = decodeRunSetup(setup);
    lane = known?.lane ?? lane;
    const retry = known?.retry && retryAsJson(known.retry);
    const [settledBytes, closedBytes] = [await record("settled"), await record("closed")];
    const { settled, failed, status } = (settledBytes && decodeRunSettled(settledBytes)) ?? NONE;
    const closed = closedBytes && decodeRunClosed(closedBytes);
    const before = { done: settled.size, failed, status, last: settled.last };
    const printed = { ...before, total: closed?.total, retry } satisfies RunPrinted;
    write(jsonFrame(HOST_FRAME.ready, printed));
    const total = closed?.total ?? Infinity;
    let missing = 0;
    for (let seq = 1; seq <= total && missing < MOST_MISSING;) {
      const wanted: number[] = [];
      for (; wanted.length < AT_ONCE && seq <= total && seq <= Number.MAX_SAFE_INTEGER; seq++) {
        if (!settled.has(seq)) wanted.push(seq);
        else missing = 0;
      }
      const jobs = await Promise.all(wanted.map(jobOf));
      jobs.forEach((job, i) => {
        missing = job ? 0 : missing + 1;
        if (job) write(hostFrame(HOST_FRAME.job, wanted[i], numbered(job, wanted[i])));
      });
    }
    write(hostFrame(HOST_FRAME.close));
  } finally {
    link.close();
    await connection.close();
  }
}

const NONE: RunSettled = { settled: new NumberRanges(), failed: 0, status: 0 };

/** A record of a run, if it has one. */
export function runRecordOf(
  calls: StreamCalls,
  subjects: QueueSubjects,
  run: string,
  topic: RunTopic,
): Promise<Uint8Array | undefined> {
  const { runs } = streamsOf(subjects.queue);
  return new Promise((resolve) => calls.lastForSure(runs, subjects.run(run, topic), resolve));
}

/** A job's number without words: all that is known of one cancelled before anybody had it. */
const NO_WORDS = (() => {
  const bytes = new Uint8Array(17 + 4);
  new DataView(bytes.buffer).setUint32(13, 1, true);
  return bytes;
})();

function numbered(job: Uint8Array, seq: number): Uint8Array {
  const bytes = job.slice();
  new DataView(bytes.buffer).setUint32(0, seq, true);
  return bytes;
}

/** There is none of that name. */
export function noSuchRun(queue: string, run: string): ImpError {
  return new ImpError({
    action: "attach to",
    object: `run ${run}`,
    why: `queue ${queue} has no such run`,
    hint: "imp runs --on URL lists them",
    exit: EXIT.failed,
  });
}
