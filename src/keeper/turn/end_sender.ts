import { signalName } from "../../libc/processes/signals.ts";
import type { KeptPlace } from "../home.ts";
import type { Intent } from "../records/intent.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { FoundEnd } from "./turn_looks.ts";

/**
 * Who sent the signal that ended a program: a command of imp, or the out-of-memory killer. Undefined: unknown, or imp
 * was ending it, and the records say on whose behalf.
 */
export async function senderOfEnd(
  place: KeptPlace,
  state: Pick<KeptState, "program" | "oomKills" | "endedBy" | "startSerial">,
  { ending, at }: FoundEnd,
  { resources }: Pick<KeptSettings, "resources">,
  intent: Intent,
): Promise<string | undefined> {
  if (ending?.how !== "signal") return undefined;
  const { program, oomKills } = state;
  if (program) {
    const { senderOfSignal } = await import("../records/sent_signal.ts");
    const by = senderOfSignal(place, program, ending.signal);
    if (by !== undefined) return by;
  }
  // A counter that has grown does not prove that it was this process.
  if (signalName(ending.signal) !== "KILL" || !oomKills || wasBeingEnded(state, intent, at)) {
    return undefined;
  }
  return (await import("./oom_kills.ts")).oomKiller(oomKills, resources?.memoryMaxBytes);
}

/**
 * Pure: whether imp was ending a program, or a command not yet known to a turn was.
 * @param at when it ended
 */
export function wasBeingEnded(
  { endedBy, startSerial }: Pick<KeptState, "endedBy" | "startSerial">,
  intent: Pick<Intent, "wanted" | "startSerial" | "at" | "stopped">,
  at: number,
): boolean {
  if (endedBy !== undefined) return true;
  const isWanted = intent.wanted === "stop" || intent.startSerial > startSerial;
  return isWanted && at >= Math.min(intent.at, intent.stopped?.at ?? Infinity);
}
