import { type KeptState, MOST_RUNS } from "./kept_state.ts";
import { parseRecordText } from "./reading.ts";

/**
 * The state that a turn could not write to disk and left in the page: it is newer than the one on disk.
 * @param onDisk has the earlier runs, which do not fit into the page
 */
export function stateInPage(
  { text }: { readonly text?: string },
  onDisk?: KeptState,
): KeptState | undefined {
  if (text === undefined) return undefined;
  const reading = parseRecordText<KeptState>(text, "state");
  if (reading.is !== "read") return undefined;
  return { ...reading.value, runs: joinedRuns(onDisk?.runs, reading.value.runs) };
}

function joinedRuns(earlier: KeptState["runs"] = [], later: KeptState["runs"]): KeptState["runs"] {
  const known = new Set(later.map(({ pid, endedAt }) => `${pid} ${endedAt}`));
  const before = earlier.filter(({ pid, endedAt }) => !known.has(`${pid} ${endedAt}`));
  return [...before, ...later].slice(-MOST_RUNS);
}
