// What a command records about a daemon whose keeper cannot: it is gone, or stopped.
import { signalName } from "../../libc/processes/signals.ts";
import type { Ending } from "../../libc/processes/wait.ts";
import { bootId } from "../../procfs/boot.ts";
import type { KeptPlace } from "../home.ts";
import type { Intent } from "./intent.ts";
import { writeKeptState } from "./kept_records.ts";
import { removeLeftWorkingFiles } from "./record_file.ts";
import { readStateRecord } from "./reading.ts";
import { isKeptPhase, type KeptRun, type KeptState, MOST_RUNS } from "./kept_state.ts";

/**
 * Records that a daemon is stopped. Under the lock of its name.
 * @param ending how its program ended, if known
 */
export function noteStopped(place: KeptPlace, intent: Intent, ending?: Ending): void {
  removeLeftWorkingFiles(place.directory);
  const reading = readStateRecord(place.directory);
  // Damaged records, and a newer imp's, are left as they are.
  if (reading.is !== "read" || !isKeptPhase(reading.value.phase)) return;
  const state = reading.value;
  writeKeptState(place, stoppedState(state, intent, Date.now(), bootId() ?? state.bootId, ending));
}

/** Pure: the state after a stop that no keeper has seen. */
export function stoppedState(
  state: KeptState,
  { by, serial, startSerial }: Pick<Intent, "by" | "serial" | "startSerial">,
  at: number,
  boot: string,
  ending?: Ending,
): KeptState {
  const { program, startedAt, runs } = state;
  const { guard: _, keeper: __, program: ___, nextStartAt: ____, ...others } = state;
  const { nextRunAt: _____, countedFrom: ______, queued: _______, ...rest } = others;
  const run = program && state.bootId === boot
    ? [runOf(program.pid, startedAt ?? at, at, by, ending)]
    : program
    ? [runOf(program.pid, startedAt ?? at, at, undefined, undefined)]
    : [];
  return {
    ...rest,
    phase: "stopped",
    bootId: boot,
    intentSerial: serial,
    startSerial,
    reason: undefined,
    runs: [...runs, ...run].slice(-MOST_RUNS),
  };
}

function runOf(
  pid: number,
  startedAt: number,
  endedAt: number,
  by: string | undefined,
  ending: Ending | undefined,
): KeptRun {
  const base = { pid, startedAt, endedAt, core: false, by, failedStart: false, lastLines: [] };
  if (!ending) return { ...base, kind: "unknown" };
  if (ending.how === "exit") {
    return { ...base, kind: ending.code === 0 ? "normal" : "error", exitCode: ending.code };
  }
  return { ...base, kind: "killed", signal: signalName(ending.signal), core: ending.core };
}
