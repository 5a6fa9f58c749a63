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
  { name: "watch", short: "w", summary: "show it again and again, until SIGINT (Ctrl-C)" },
  { name: "interval", value: "D", summary: "with --watch: from one time to the next (default 2s)" },
  { name: "all-users", summary: "as root: the daemons of all users" },
  JSON_OPTION,
] as const satisfies readonly Option[];

export interface ListRequest {
  /** Names and patterns; none: all. */
  readonly words: readonly string[];
  /** From one time to the next, ms; undefined: once. */
  readonly everyMs?: number;
  readonly allUsers: boolean;
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
  const everyMs = Math.max(LEAST_MS, parseDuration(interval ?? "2s"));
  return {
    words: operands,
    ...(values.has("watch") ? { everyMs } : {}),
    allUsers: values.has("all-users"),
    display: displayFrom(values),
  };
}
