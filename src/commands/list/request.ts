import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";

export const LIST_OPTIONS = [
  { name: "watch", short: "w", summary: "keep the list up to date, until q or Ctrl-C" },
  { name: "interval", value: "D", summary: "with --watch: time between updates (default 2s)" },
  { name: "all-users", summary: "as root: the daemons of all users" },
  {
    name: "metrics",
    summary: "print OpenMetrics text, for the node exporter's textfile collector",
  },
  {
    name: "output",
    short: "o",
    value: "FILE",
    summary: "with --metrics: replace FILE, atomically",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];

export interface ListRequest {
  /** Names and patterns; none: all. */
  readonly words: readonly string[];
  /** Interval, ms; undefined: once. */
  readonly everyMs?: number;
  readonly allUsers: boolean;
  /** OpenMetrics instead of a table. @field file undefined: stdout */
  readonly metrics?: { readonly file?: string };
  readonly display: Display;
}

const LEAST_MS = 50;

/** @throws UsageError */
export function listRequest(
  values: Given<typeof LIST_OPTIONS[number]>,
  operands: readonly string[],
): ListRequest {
  const interval = values.text("interval");
  if (interval !== undefined && !values.has("watch")) {
    throw new UsageError("--interval needs --watch");
  }
  const file = values.text("output");
  if (file !== undefined && !values.has("metrics")) {
    throw new UsageError("--output needs --metrics");
  }
  if (file === "") throw new UsageError("--output needs the name of a file");
  for (const other of ["watch", "json"] as const) {
    if (!values.has("metrics") || !values.has(other)) continue;
    throw new UsageError(`--metrics and --${other} cannot be used together`);
  }
  const everyMs = parseDuration(interval ?? "2s");
  if (everyMs < LEAST_MS) {
    throw new UsageError(`--interval ${interval} is too short: the least is ${LEAST_MS}ms`);
  }
  return {
    words: operands,
    ...(values.has("watch") ? { everyMs } : {}),
    allUsers: values.has("all-users"),
    ...(values.has("metrics") ? { metrics: file === undefined ? {} : { file } } : {}),
    display: displayFrom(values),
  };
}
