import { UsageError } from "../../base/errors.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import type { KeptSelection } from "../../keeper/selection.ts";

/** What a command of start's family acts on. */
export type KeptTargets =
  /** Kept daemons; any other name may be from `imp daemon -n`. */
  | { readonly by: "name"; readonly selection: KeptSelection }
  | { readonly by: "pidfile"; readonly path: string };

export const ALL_OPTION = {
  name: "all",
  short: "a",
  summary: "every kept daemon",
} as const satisfies Option;

export const PIDFILE_OPTION = {
  name: "pidfile",
  short: "p",
  value: "FILE",
  summary: "the daemon whose PID is in FILE, whoever started it",
} as const satisfies Option;

const EXAMPLE = "imp list shows what there is; patterns such as '*' and 'web-*' are names too";

/**
 * The targets that names, `--all` or `--pidfile` mean.
 * @throws UsageError
 */
export function keptTargets(
  values: Given<typeof ALL_OPTION | typeof PIDFILE_OPTION>,
  names: readonly string[],
): KeptTargets {
  const path = values.text("pidfile");
  if (path === undefined) {
    return { by: "name", selection: keptSelection(values.has("all"), names, true) };
  }
  if (path === "") throw new UsageError("--pidfile needs the name of a file");
  if (names.length > 0) throw new UsageError("names and --pidfile both say which daemon: give one");
  if (values.has("all")) throw new UsageError("--all and --pidfile cannot be used together");
  return { by: "pidfile", path };
}

/** @throws UsageError */
export function keptSelection(
  all: boolean,
  names: readonly string[],
  orPidfile = false,
): KeptSelection {
  if (all && names.length > 0) throw new UsageError("names and --all cannot be used together");
  if (!all && names.length === 0) {
    throw new UsageError(
      `no name given${orPidfile ? ", nor --all, nor --pidfile" : ", nor --all"}`,
      EXAMPLE,
    );
  }
  if (names.includes("")) throw new UsageError("a name must not be empty", EXAMPLE);
  return { words: names, all };
}

/** For commands that take only targets: `status`, `reload`. */
export const TARGETS_OPTIONS = [
  ALL_OPTION,
  PIDFILE_OPTION,
  JSON_OPTION,
] as const satisfies readonly Option[];
export type TargetsOption = typeof TARGETS_OPTIONS[number];

export interface TargetsRequest {
  readonly targets: KeptTargets;
  readonly display: Display;
}

/** @throws UsageError */
export function targetsRequest(
  values: Given<TargetsOption>,
  operands: readonly string[],
): TargetsRequest {
  return { targets: keptTargets(values, operands), display: displayFrom(values) };
}
