import type { StopSchedule } from "../../termination/schedule.ts";
import { Termination } from "../../termination/termination.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { KeptTree } from "./kept_tree.ts";

/** Ends a daemon as its settings say: its whole tree, or its program alone. */
export function keptTermination(
  tree: KeptTree,
  program: KeptState["program"],
  killMode: KeptSettings["killMode"] | undefined,
  schedule: StopSchedule,
): Termination {
  return killMode === "main"
    ? new Termination({ single: program ? [program] : [] }, schedule)
    : new Termination(tree.scope, schedule, { hidden: (look) => tree.hidden(look) });
}
