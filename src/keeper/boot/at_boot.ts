// Whether a kept daemon is started at boot: what its owner has said of it.
import type { Intent } from "../records/intent.ts";

/** `default`: nobody has said anything, and what is wanted to run is started, unless it had finished. */
export type AtBoot = "enabled" | "disabled" | "default";

/** Pure. */
export function atBootOf(intent: Pick<Intent, "atBoot"> | undefined): AtBoot {
  if (intent?.atBoot === undefined) return "default";
  return intent.atBoot ? "enabled" : "disabled";
}
