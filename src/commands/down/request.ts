import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import type { StopGrace } from "../../keeper/stop/stop_outcome.ts";
import { GRACE_OPTIONS, graceFrom } from "../stop/request.ts";
import { PROJECT_FILE_OPTION } from "../up/options.ts";
import { fileFrom, ownNames } from "../up/request.ts";

export const DOWN_OPTIONS = [
  PROJECT_FILE_OPTION,
  ...GRACE_OPTIONS,
  JSON_OPTION,
] as const satisfies readonly Option[];
export type DownOption = typeof DOWN_OPTIONS[number];

export interface DownRequest {
  /** Names and patterns; none: all of the file. */
  readonly names: readonly string[];
  readonly file?: string;
  readonly grace: StopGrace;
  readonly display: Display;
}

/** @throws UsageError */
export function downRequest(values: Given<DownOption>, operands: readonly string[]): DownRequest {
  return {
    names: ownNames(operands),
    file: fileFrom(values),
    grace: graceFrom(values),
    display: displayFrom(values),
  };
}
