import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { jobKey, newRunName } from "../names.ts";
import { decodeEnd, encodeJob } from "../records.ts";
import { encodeRunClosed, encodeRunSetup } from "../run_records.ts";
import type { RunReader } from "./run_reader.ts";
import type { RunDone, RunFacts } from "./run_state.ts";
import { JobHead } from "../../hosts/job_frames.ts";

const AT_ONCE = 64;

/**
 * Resubmits the jobs whose last attempt did not succeed, as a new run: this run's records stay unchanged.
 * @throws ImpError
 */
export async function retryFailed(reader: RunReader, facts: RunFacts): Promise<RunDone> {
  const { connection: { jetstream }, subjects } = reader;
  const { run, setup } = facts;
  if (!setup) throw cannotRetry(run, "there is no record of how to run its jobs");
  const tally = await reader.tally(run);
  if (tally.failed === 0) throw cannotRetry(run, "none of its jobs has failed");
  const name = newRunName(Date.now(), Math.random());
  const again = { ...setup, run: name, created: Date.now(), notBefore: undefined };
  const begun = encodeRunSetup(again);
  const begin = () =>
    jetstream.publish(subjects.run(name, "setup"), begun, { msgID: `setup.${name}` });
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
      once: setup.once === true,
      hasInput: false,
      job,
      input: new Uint8Array(0),
    });
    const subject = subjects.job(name, key, setup.lane);
    under.push(jetstream.publish(subject, data, { msgID: `job.${name}.${key}` }));
    if (under.length >= AT_ONCE) await Promise.all(under.splice(0));
  }
  if (total === 0) throw cannotRetry(run, "no copy of its failed jobs exists (jobs with input)");
  await Promise.all(under);
  const closed = encodeRunClosed({ total, whole: true });
  await jetstream.publish(subjects.run(name, "closed"), closed, { msgID: `closed.${name}` });
  const lost = missing === 0
    ? ""
    : `; not ${missing} others, of which no copy exists (jobs with input)`;
  return {
    text: `${total} ${total === 1 ? "job" : "jobs"} submitted again, as run ${name}${lost}`,
    moved: total,
    as: name,
  };
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

function cannotRetry(run: string, why: string): ImpError {
  return new ImpError({ action: "retry", object: `run ${run}`, why, exit: EXIT.no });
}
