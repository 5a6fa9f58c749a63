import type { Lane } from "../lanes.ts";
import { NO_DATA } from "../link.ts";
import { jobKey } from "../names.ts";
import { decodeEnd, encodeJob } from "../records.ts";
import { encodeRunClosed, encodeRunSetup } from "../run_records.ts";
import { cannotRetry, retryRunOf } from "./retry_claim.ts";
import type { RunReader } from "./run_reader.ts";
import type { RunDone, RunFacts } from "./run_state.ts";
import { JobHead } from "../../hosts/job_frames.ts";

const AT_ONCE = 64;

/**
 * Resubmits the jobs whose last attempt did not succeed, as a new run: this run's records stay unchanged. If that was
 * interrupted before, it goes on with the run begun then: no job is submitted twice.
 * @throws ImpError
 */
export async function retryFailed(reader: RunReader, facts: RunFacts): Promise<RunDone> {
  const { connection: { jetstream }, subjects } = reader;
  const { run, setup } = facts;
  if (!setup) cannotRetry(run, "there is no record of how to run its jobs");
  const tally = await reader.tally(run);
  if (tally.failed === 0) cannotRetry(run, "none of its jobs has failed");
  const { name, created, isBegun } = await retryRunOf(reader, run);
  const again = { ...setup, run: name, retryOf: run, created, notBefore: undefined };
  const begun = encodeRunSetup(again);
  const begin = () =>
    jetstream.publish(subjects.run(name, "setup"), begun, { msgID: `setup.${name}` });
  const submit = async (key: string, data: Uint8Array) => {
    if (isBegun && await isThere(reader, name, key, setup.lane)) return;
    const subject = subjects.job(name, key, setup.lane);
    await jetstream.publish(subject, data, { msgID: `job.${name}.${key}` });
  };
  let total = 0, missing = 0;
  const under: Promise<unknown>[] = [];
  for (const { seq, attempt } of tally.failures()) {
    const job = jobOf(await reader.end(run, jobKey(seq, attempt)), total + 1);
    if (!job) {
      missing++;
      continue;
    }
    if (total === 0) await begin();
    const key = jobKey(++total, 1);
    const data = encodeJob({
      ...{ once: setup.once === true, hasInput: false, job, input: NO_DATA },
      // The servers know only for some minutes what was submitted before.
      again: isBegun,
    });
    under.push(submit(key, data));
    if (under.length >= AT_ONCE) await Promise.all(under.splice(0));
  }
  if (total === 0) cannotRetry(run, "no copy of its failed jobs exists (jobs with input)");
  await Promise.all(under);
  const closed = encodeRunClosed({ total, whole: true });
  await jetstream.publish(subjects.run(name, "closed"), closed, { msgID: `closed.${name}` });
  const lost = missing === 0
    ? ""
    : `; not ${missing} others, of which no copy exists (jobs with input)`;
  const how = isBegun ? ", which had been begun before" : "";
  return {
    text: `${total} ${total === 1 ? "job" : "jobs"} submitted again, as run ${name}${how}${lost}`,
    moved: total,
    as: name,
  };
}

/** Whether a job is in the queue, or has ended: it leaves the queue after its end is recorded. */
async function isThere(
  { connection: { manager }, streams, subjects }: RunReader,
  run: string,
  key: string,
  lane: Lane,
): Promise<boolean> {
  const places = [
    [streams.jobs, subjects.job(run, key, lane)],
    [streams.jobs, subjects.parked(run, key)],
    [streams.results, subjects.end(run, key)],
  ];
  for (const [stream, last_by_subj] of places) {
    if (await manager.streams.getMessage(stream, { last_by_subj })) return true;
  }
  return false;
}

/** The job as submitted, with another number; undefined: its end does not contain it, or not its input. */
function jobOf(bytes: Uint8Array | undefined, seq: number): Uint8Array | undefined {
  const job = (bytes && decodeEnd(bytes))?.job;
  if (!job || !JobHead.fits(job)) return undefined;
  const again = job.slice();
  const head = new JobHead(again);
  if (head.hasInput) return undefined;
  head.seq = seq;
  return again;
}
