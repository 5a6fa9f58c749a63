import type { KeptEvent } from "../policy/kept_event.ts";
import type { HealthLook } from "./turn_probe.ts";

/**
 * What a turn does for the health of a daemon that runs: makes a probe that is due, or reads what `imp watch` has found.
 * @returns what is new, and in how many milliseconds a turn is to look again
 */
export async function lookAtHealth(
  look: HealthLook,
): Promise<{ readonly event?: KeptEvent; readonly nextMs: number }> {
  const { settings, state } = look.records;
  if (!settings.health || state.phase !== "running") return { nextMs: Infinity };
  return await (await import("./turn_probe.ts")).probeInTurn(look);
}
