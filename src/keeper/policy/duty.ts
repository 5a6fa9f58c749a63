import type { KeptDuty } from "./kept_event.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";

/** Pure: the duty in this state. */
export function dutyOf(
  { phase, program, handedOver }: KeptState,
  { forking }: Pick<KeptSettings, "forking">,
): KeptDuty {
  switch (phase) {
    case "starting":
      if (!program) return { do: "start" };
      return { do: forking && !handedOver ? "await-fork" : "await-ready" };
    case "running":
      return { do: "watch" };
    case "stopping":
      return { do: "end-tree" };
    case "waiting":
    case "scheduled":
    case "listening":
    case "watching":
    case "pending":
      return { do: "wait" };
    default:
      return { do: "leave" };
  }
}
