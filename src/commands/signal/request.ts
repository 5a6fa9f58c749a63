import { UsageError } from "../../base/errors.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import { printable } from "../../cli/printable.ts";
import { signalNumber } from "../../libc/processes/signals.ts";
import {
  ALL_OPTION,
  type KeptTargets,
  keptTargets,
  PIDFILE_OPTION,
} from "../kept/request_targets.ts";

export const SIGNAL_OPTIONS = [
  ALL_OPTION,
  PIDFILE_OPTION,
  { name: "main", summary: "to the main process alone (default)" },
  { name: "tree", summary: "to every process of the daemon's tree" },
  JSON_OPTION,
] as const satisfies readonly Option[];
export type SignalOption = typeof SIGNAL_OPTIONS[number];

export interface SignalRequest {
  readonly targets: KeptTargets;
  /** Its number. */
  readonly signal: number;
  readonly to: "main" | "tree";
  readonly display: Display;
}

/** The last word is the signal. @throws UsageError */
export function signalRequest(
  values: Given<SignalOption>,
  operands: readonly string[],
): SignalRequest {
  if (values.has("main") && values.has("tree")) {
    throw new UsageError("--main and --tree cannot be used together");
  }
  const word = operands.at(-1);
  if (word === undefined) {
    throw new UsageError("no signal given", "for example: imp signal web HUP");
  }
  const signal = signalNumber(word);
  if (signal === undefined) {
    const [first, ...rest] = operands;
    const line = rest.length > 0 && signalNumber(first) !== undefined
      ? `${rest.map((one) => one === "all" ? "--all" : printable(one)).join(" ")} ${first}`
      : "web HUP";
    throw new UsageError(
      `'${word}' is not a signal`,
      `the signal is the last word: imp signal ${line}`,
    );
  }
  return {
    targets: keptTargets(values, operands.slice(0, -1)),
    signal,
    to: values.has("tree") ? "tree" : "main",
    display: displayFrom(values),
  };
}
