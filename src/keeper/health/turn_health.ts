import type { KeptEvent } from "../policy/kept_event.ts";
import type { HealthLook } from "./turn_probe.ts";

/**
 * A turn's work on a running daemon's health: makes a due probe, or reads the result of `imp watch`.
 * @returns what is new, and in how many milliseconds to look again
 */
export async function lookAtHealth(
  look: HealthLook,
): Promise<{ readonly event?: KeptEvent; readonly nextMs: number }> {
  const { settings, state } = look.records;
  if (!settings.health || state.phase !== "running" || state.stopsItself) {
    return { nextMs: Infinity };
  }
  return await (await import("./turn_probe.ts")).probeInTurn(look);
}
