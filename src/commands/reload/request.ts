import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import {
  ALL_OPTION,
  type KeptTargets,
  keptTargets,
  PIDFILE_OPTION,
} from "../kept/request_targets.ts";

export const RELOAD_OPTIONS = [
  ALL_OPTION,
  PIDFILE_OPTION,
  JSON_OPTION,
] as const satisfies readonly Option[];
export type ReloadOption = typeof RELOAD_OPTIONS[number];

export interface ReloadRequest {
  readonly targets: KeptTargets;
  readonly display: Display;
}

/** @throws UsageError */
export function reloadRequest(
  values: Given<ReloadOption>,
  operands: readonly string[],
): ReloadRequest {
  return { targets: keptTargets(values, operands), display: displayFrom(values) };
}
