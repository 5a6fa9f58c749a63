import { signalName } from "../../libc/processes/signals.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { FoundEnd } from "./turn_looks.ts";

/** Who has sent the signal by which a program has ended: the out-of-memory killer, or a command of imp. */
export async function senderOfEnd(
  place: KeptPlace,
  { program, oomKills }: Pick<KeptState, "program" | "oomKills">,
  { ending }: FoundEnd,
  { resources }: Pick<KeptSettings, "resources">,
): Promise<string | undefined> {
  if (ending?.how !== "signal") return undefined;
  if (signalName(ending.signal) === "KILL" && oomKills) {
    const oom = (await import("./oom_kills.ts")).oomKiller(oomKills, resources?.memoryMaxBytes);
    if (oom !== undefined) return oom;
  }
  if (!program) return undefined;
  const { senderOfSignal } = await import("../records/sent_signal.ts");
  return senderOfSignal(place, program, ending.signal);
}
