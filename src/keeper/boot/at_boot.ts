// Whether a kept daemon is started at boot, according to its owner.
import type { Intent } from "../records/intent.ts";

/** `default`: the owner has not said; a daemon that should run is started, unless it had finished. */
export type AtBoot = "enabled" | "disabled" | "default";

/** Pure. */
export function atBootOf(intent: Pick<Intent, "atBoot"> | undefined): AtBoot {
  if (intent?.atBoot === undefined) return "default";
  return intent.atBoot ? "enabled" : "disabled";
}
