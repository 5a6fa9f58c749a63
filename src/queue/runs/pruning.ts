// Results are limited in age and size: finished runs are removed whole, oldest first.
import type { QueueSettings } from "../queue_settings.ts";
import { RunActions } from "./run_actions.ts";
import type { RunReader } from "./run_reader.ts";
import { isRunOver, queueRunState } from "./run_state.ts";

/** A finished run. */
export interface OverRun {
  readonly run: string;
  /** When its last result came, milliseconds since 1970 by the server's clock. */
  readonly last: number;
}

/** Runs older than {@link QueueSettings.keepAge}. Pure. */
function tooOld(
  runs: readonly OverRun[],
  { keepAge = Infinity }: QueueSettings,
  now: number,
): OverRun[] {
  return runs.filter(({ last }) => now - last > keepAge);
}

/**
 * Removes what exceeds the limits. Runs that are not over are never touched.
 * @param removed called for each
 */
export async function pruneRuns(
  reader: RunReader,
  settings: QueueSettings,
  removed: (run: string, because: "age" | "size") => void,
): Promise<void> {
  const { keepAge, keepSize = Infinity } = settings;
  if (keepAge === undefined && keepSize === Infinity) return;
  const actions = new RunActions(reader);
  const over = await overRuns(reader);
  const old = tooOld(over, settings, await reader.clock.now());
  for (const { run } of old) {
    await actions.remove(run);
    removed(run, "age");
  }
  for (const { run } of over.filter((one) => !old.includes(one))) {
    const facts = await reader.facts();
    if (!facts || facts.resultBytes <= keepSize) break;
    await actions.remove(run);
    removed(run, "size");
  }
}

/** Those over for longest first. */
async function overRuns(reader: RunReader): Promise<OverRun[]> {
  const { connection: { manager }, streams, subjects } = reader;
  const parked = await reader.parked();
  const over: OverRun[] = [];
  for (const [run, records] of await reader.records()) {
    const facts = await reader.run(run, records, parked.get(run) ?? 0);
    if (!isRunOver(queueRunState(facts))) continue;
    const asked = { last_by_subj: subjects.end(run, "*") };
    const end = await manager.streams.getMessage(streams.results, asked);
    over.push({ run, last: end?.time.getTime() ?? facts.begun });
  }
  return over.sort((a, b) => a.last - b.last);
}
