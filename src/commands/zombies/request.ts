import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import { pidOperand } from "../pids.ts";

/** --watch must leave the machine time for other things. */
const SHORTEST_MS = 10;

export const ZOMBIES_OPTIONS = [
  { name: "watch", short: "w", summary: "keep the list up to date until interrupted" },
  { name: "every", value: "D", summary: "with --watch: how often (default 1s, at least 10ms)" },
  { name: "ask", summary: "send SIGCHLD to the parents, and check whether they reap" },
  {
    name: "end-parent",
    summary: "end the parents (SIGTERM, then SIGKILL), so that init adopts and reaps",
  },
  {
    name: "grace",
    value: "D",
    summary: "with --end-parent: from SIGTERM to SIGKILL (default 5s)",
  },
  { name: "yes", short: "y", summary: "do not ask for confirmation; needed without a terminal" },
  JSON_OPTION,
] as const satisfies readonly Option[];
type ZombiesOption = typeof ZOMBIES_OPTIONS[number];

export interface ZombiesRequest {
  /** Zombies or parents; empty: all. */
  readonly pids: readonly number[];
  readonly act: ZombiesAct;
  readonly display: Display;
}

export type ZombiesAct =
  | { readonly do: "list" }
  | { readonly do: "watch"; readonly everyMs: number }
  | ZombiesRemedy;

/** `yes`: do not ask for confirmation. */
export type ZombiesRemedy =
  | { readonly do: "ask"; readonly yes: boolean }
  | { readonly do: "end-parent"; readonly yes: boolean; readonly graceMs: number };

/** Options that need one of certain others. */
const NEEDS = [
  ["every", ["watch"]],
  ["grace", ["end-parent"]],
  ["yes", ["ask", "end-parent"]],
] as const;

/** @throws UsageError */
export function zombiesRequest(
  values: Given<ZombiesOption>,
  operands: readonly string[],
): ZombiesRequest {
  const pids = operands.map(pidOperand);
  return { pids, act: actFrom(values), display: displayFrom(values) };
}

function actFrom(values: Given<ZombiesOption>): ZombiesAct {
  const [chosen, other] = (["watch", "ask", "end-parent"] as const).filter((one) =>
    values.has(one)
  );
  if (other) throw new UsageError(`--${chosen} and --${other} cannot be used together`);
  for (const [name, needed] of NEEDS) {
    if (!values.given(name) || needed.some((one) => one === chosen)) continue;
    throw new UsageError(`--${name} needs ${needed.map((one) => `--${one}`).join(" or ")}`);
  }
  const yes = values.has("yes");
  switch (chosen) {
    case undefined:
      return { do: "list" };
    case "watch":
      return { do: "watch", everyMs: interval(values.text("every")) };
    case "ask":
      return { do: "ask", yes };
    case "end-parent":
      return { do: "end-parent", yes, graceMs: parseDuration(values.text("grace") ?? "5s") };
  }
}

function interval(text = "1s"): number {
  const ms = parseDuration(text);
  if (ms >= SHORTEST_MS) return ms;
  throw new UsageError(`--every: at least ${SHORTEST_MS}ms`);
}
