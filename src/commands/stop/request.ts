import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import type { StopGrace } from "../../keeper/stop/stop_outcome.ts";
import {
  ALL_OPTION,
  type KeptTargets,
  keptTargets,
  PIDFILE_OPTION,
} from "../kept/request_targets.ts";

/** How long the stopped processes have to obey. */
export const GRACE_OPTIONS = [
  {
    name: "timeout",
    short: "t",
    value: "D",
    summary: "from the stop signal to KILL, whatever the daemon's own schedule says",
  },
  { name: "now", summary: "KILL at once" },
] as const satisfies readonly Option[];

export const STOP_OPTIONS = [
  ALL_OPTION,
  PIDFILE_OPTION,
  ...GRACE_OPTIONS,
  JSON_OPTION,
] as const satisfies readonly Option[];
export type StopOption = typeof STOP_OPTIONS[number];

export interface StopRequest {
  readonly targets: KeptTargets;
  readonly grace: StopGrace;
  readonly display: Display;
}

/** @throws UsageError */
export function stopRequest(values: Given<StopOption>, operands: readonly string[]): StopRequest {
  const grace = graceFrom(values);
  return { targets: keptTargets(values, operands), grace, display: displayFrom(values) };
}

/** @throws UsageError */
export function graceFrom(values: Given<typeof GRACE_OPTIONS[number]>): StopGrace {
  const timeout = values.text("timeout");
  if (values.has("now") && timeout !== undefined) {
    throw new UsageError("--now and --timeout cannot be used together");
  }
  if (values.has("now")) return "none";
  return timeout === undefined ? "as set" : { ms: parseDuration(timeout) };
}
