import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import type { KeptSelection } from "../../keeper/selection.ts";
import { ALL_OPTION, keptSelection } from "../kept/request_targets.ts";

export const REMOVE_OPTIONS = [
  ALL_OPTION,
  { name: "stop", summary: "stop a running daemon first; without it, imp refuses" },
  { name: "logs", summary: "remove its log files as well" },
  {
    name: "yes",
    short: "y",
    summary: "with --all or a pattern: do not ask for confirmation; needed without a terminal",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
export type RemoveOption = typeof REMOVE_OPTIONS[number];

export interface RemoveRequest {
  readonly selection: KeptSelection;
  readonly stop: boolean;
  readonly logs: boolean;
  /** Do not ask for confirmation. */
  readonly yes: boolean;
  readonly display: Display;
}

/** @throws UsageError */
export function removeRequest(
  values: Given<RemoveOption>,
  operands: readonly string[],
): RemoveRequest {
  return {
    selection: keptSelection(values.has("all"), operands),
    stop: values.has("stop"),
    logs: values.has("logs"),
    yes: values.has("yes"),
    display: displayFrom(values),
  };
}
