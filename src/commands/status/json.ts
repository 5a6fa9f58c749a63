import type { KeptFacts } from "../../keeper/observe/kept_facts.ts";
import { variableNames } from "../../keeper/observe/settings_words.ts";
import { phaseSentence, whyRestarted } from "../../keeper/observe/words.ts";
import { listedJson, runJson } from "../list/json.ts";
import type { StatusDetails } from "./details.ts";

// docs/list.md describes these objects: names are only ever added.

/** @param now milliseconds since the epoch, of the observation */
export function statusJson(
  facts: KeptFacts,
  { logs, tree, waiter, failedTurns }: StatusDetails,
  now: number,
): Record<string, unknown> {
  const { daemon, notes } = facts;
  const { settings, intent, state, troubles, rebooted } = daemon;
  return {
    ...listedJson({ facts }, now),
    sentence: phaseSentence(daemon, now),
    why: (state && whyRestarted(state)) ?? null,
    notes: notes.map(({ short, sentence }) => ({ short, sentence })),
    rebooted,
    wanted: intent?.wanted ?? null,
    wantedBy: intent?.by ?? null,
    wantedAt: intent?.at ?? null,
    waiter: waiter ?? null,
    failedTurns,
    records: troubles.map(({ record, is, why }) => ({ record, is, why: why ?? null })),
    logs: logs.map(({ path, of, bytes, piped, deleted }) => ({
      path,
      of,
      bytes: bytes ?? null,
      piped,
      deleted,
    })),
    tree: tree.map(({ pid, ppid, comm, command }) => ({ pid, ppid, comm, command })),
    runs: (state?.runs ?? []).map(runJson),
    settings: settings === undefined ? null : {
      ...settings,
      // Names only: values may be secrets.
      environment: variableNames(settings),
    },
  };
}
