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

export const STATUS_OPTIONS = [
  ALL_OPTION,
  PIDFILE_OPTION,
  JSON_OPTION,
] as const satisfies readonly Option[];

export interface StatusRequest {
  readonly targets: KeptTargets;
  readonly display: Display;
}

/** @throws UsageError */
export function statusRequest(
  values: Given<typeof STATUS_OPTIONS[number]>,
  operands: readonly string[],
): StatusRequest {
  return { targets: keptTargets(values, operands), display: displayFrom(values) };
}
