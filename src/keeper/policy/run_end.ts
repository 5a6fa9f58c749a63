// Pure: what is written down of a run that is over.
import { FAULT_SIGNALS } from "../../libc/abi_signals.ts";
import { signalName } from "../../libc/processes/signals.ts";
import type { Ending } from "../../libc/processes/wait.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptRun, KeptState } from "../records/kept_state.ts";

/** The end of a program. */
export interface ProgramEnd {
  readonly pid: number;
  /** Undefined: unknown. */
  readonly ending?: Ending;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cpuMs?: number;
  readonly maxRssBytes?: number;
}

/** @param lastLines of its log */
export function runOfEnd(
  { pid, ending, at, cpuMs, maxRssBytes }: ProgramEnd,
  { startedAt = at, readyAt, rssFloorBytes = 0 }: Pick<
    KeptState,
    "startedAt" | "readyAt" | "rssFloorBytes"
  >,
  settings: Pick<KeptSettings, "success" | "startMs">,
  lastLines: readonly string[] = [],
  by?: string,
): KeptRun {
  return {
    pid,
    startedAt,
    endedAt: at,
    kind: kindOf(ending, settings),
    ...ending?.how === "exit" ? { exitCode: ending.code } : {},
    ...ending?.how === "signal" ? { signal: signalName(ending.signal) } : {},
    core: ending?.how === "signal" && ending.core,
    ...by === undefined ? {} : { by },
    failedStart: readyAt === undefined || isShort(at - startedAt, settings),
    ...cpuMs === undefined ? {} : { cpuMs },
    ...maxRssBytes === undefined || maxRssBytes <= rssFloorBytes ? {} : { maxRssBytes },
    lastLines,
  };
}

/** If the clock was set back meanwhile, this cannot be known. */
function isShort(ms: number, { startMs }: Pick<KeptSettings, "startMs">): boolean {
  return ms >= 0 && ms < startMs;
}

function kindOf(
  ending: Ending | undefined,
  { success }: Pick<KeptSettings, "success">,
): KeptRun["kind"] {
  if (!ending) return "unknown";
  if (ending.how === "exit") {
    return ending.code === 0 || success.includes(ending.code) ? "normal" : "error";
  }
  if (success.includes(signalName(ending.signal))) return "normal";
  return FAULT_SIGNALS.includes(ending.signal) ? "fault" : "killed";
}
