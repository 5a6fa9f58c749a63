import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { apiCode } from "../connection/failures.ts";
import { newRunName } from "../names.ts";
import { decodeRunRetry, encodeRunRetry } from "../run_records.ts";
import { ERROR_CODE } from "../server_codes.ts";
import type { RunReader, RunRecords } from "./run_reader.ts";
import { isRunOver, queueRunState } from "./run_state.ts";

/** How long a client may take from its claim to its run, and how often that is looked for. */
const BEGINNING_MS = 5000, LOOK_MS = 200;

/** The run that has another run's failed jobs. */
export interface RetryRun {
  readonly name: string;
  readonly created: number;
  /** Somebody has begun it, and was interrupted or is doing so now. */
  readonly isBegun: boolean;
}

/**
 * The run for a retry. Its name is recorded first, on condition that nobody else has recorded one since this client
 * looked: of several clients that retry a run at once one begins it, and the others go on with it.
 * @throws ImpError if the failed jobs have been submitted again and not all have ended
 */
export async function retryRunOf(reader: RunReader, run: string): Promise<RetryRun> {
  for (let isLate = false;; isLate = true) {
    const claim = await claimOf(reader, run);
    const all = await reader.records();
    const isOurs = ([, { setup }]: [string, RunRecords]) => setup?.retryOf === run;
    const last = [...all].findLast(isOurs);
    if (last && isUnfinished(last[1])) {
      const [name, { setup }] = last;
      return { name, created: setup!.created, isBegun: true };
    }
    if (last) await refuseSecond(reader, run, last, isLate && last[0] === claim?.as);
    const isBeginning = claim !== undefined && !all.has(claim.as) &&
      await reader.clock.now() - claim.at < BEGINNING_MS;
    if (isBeginning) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      continue;
    }
    const created = Date.now(), name = newRunName(created, Math.random());
    if (await claimed(reader, run, name, claim?.seq ?? 0)) return { name, created, isBegun: false };
  }
}

/** @throws ImpError */
export function cannotRetry(run: string, why: string): never {
  throw new ImpError({ action: "retry", object: `run ${run}`, why, exit: EXIT.no });
}

/** An earlier retry did not come to its end. */
function isUnfinished({ closed, order }: RunRecords): boolean {
  return !closed?.whole && (order === "go on" || order === "pause");
}

/** @param isNew it was begun while this client looked */
async function refuseSecond(
  reader: RunReader,
  run: string,
  [name, records]: [string, RunRecords],
  isNew: boolean,
): Promise<void> {
  if (isNew) cannotRetry(run, `run ${name}, which another client has just begun, does so`);
  const parked = await reader.parked();
  const facts = await reader.run(name, records, parked.get(name) ?? 0);
  if (!isRunOver(queueRunState(facts))) cannotRetry(run, `run ${name} does so, and is not over`);
}

interface RetryClaim {
  readonly as: string;
  /** When it was recorded, milliseconds since 1970 by the servers' clock. */
  readonly at: number;
  readonly seq: number;
}

async function claimOf(reader: RunReader, run: string): Promise<RetryClaim | undefined> {
  const { connection: { manager }, streams, subjects } = reader;
  const last_by_subj = subjects.run(run, "retry");
  const found = await manager.streams.getMessage(streams.runs, { last_by_subj });
  if (!found) return undefined;
  return { as: decodeRunRetry(found.data)?.as ?? "", at: found.time.getTime(), seq: found.seq };
}

/** @returns false if somebody else was faster */
async function claimed(
  { connection: { jetstream }, subjects }: RunReader,
  run: string,
  as: string,
  lastSubjectSequence: number,
): Promise<boolean> {
  const expect = { lastSubjectSequence };
  try {
    await jetstream.publish(subjects.run(run, "retry"), encodeRunRetry({ as }), { expect });
    return true;
  } catch (error) {
    if (apiCode(error) === ERROR_CODE.wrongLastSequence) return false;
    throw error;
  }
}
