import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import type { KeptSelection } from "../../keeper/selection.ts";
import { ALL_OPTION, keptSelection } from "../kept/request_targets.ts";

export const RESTART_OPTIONS = [
  ALL_OPTION,
  {
    name: "env",
    summary: "take this environment from now on, instead of the one of the start",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
export type RestartOption = typeof RESTART_OPTIONS[number];

export interface RestartRequest {
  readonly selection: KeptSelection;
  /** Take a new snapshot of the environment. */
  readonly newEnvironment: boolean;
  readonly display: Display;
}

/** @throws UsageError */
export function restartRequest(
  values: Given<RestartOption>,
  operands: readonly string[],
): RestartRequest {
  return {
    selection: keptSelection(values.has("all"), operands),
    newEnvironment: values.has("env"),
    display: displayFrom(values),
  };
}
