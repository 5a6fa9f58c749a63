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

export const ORPHANS_OPTIONS = [
  { name: "all", short: "a", summary: "also list those that are only counted" },
  { name: "end", summary: "end the trees of these PIDs (SIGTERM, then SIGKILL)" },
  { name: "grace", value: "D", summary: "with --end: from SIGTERM to SIGKILL (default 5s)" },
  {
    name: "yes",
    short: "y",
    summary: "with --end: do not ask for confirmation; needed without a terminal",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
type OrphansOption = typeof ORPHANS_OPTIONS[number];

export type OrphansRequest = ListOrphans | EndOrphans;

export interface ListOrphans {
  readonly act: "list";
  /** Only these; empty: all. */
  readonly pids: readonly number[];
  /** Also those that are not orphans in the strict sense. */
  readonly all: boolean;
  readonly display: Display;
}

export interface EndOrphans {
  readonly act: "end";
  readonly pids: readonly number[];
  readonly graceMs: number;
  /** Do not ask for confirmation. */
  readonly yes: boolean;
  readonly display: Display;
}

/** @throws UsageError */
export function orphansRequest(
  values: Given<OrphansOption>,
  operands: readonly string[],
): OrphansRequest {
  const pids = operands.map(pidOperand);
  const display = displayFrom(values);
  if (!values.has("end")) {
    const lost = (["grace", "yes"] as const).find((name) => values.given(name));
    if (lost) throw new UsageError(`--${lost} needs --end`);
    return { act: "list", pids, all: values.has("all"), display };
  }
  if (values.has("all")) throw new UsageError("--end and --all cannot be used together");
  if (pids.length === 0) {
    throw new UsageError("--end needs the PIDs of orphans", "imp orphans lists them");
  }
  const graceMs = parseDuration(values.text("grace") ?? "5s");
  return { act: "end", pids, graceMs, yes: values.has("yes"), display };
}
