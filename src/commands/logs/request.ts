import { UsageError } from "../../base/errors.ts";
import { readMoment } from "../../base/moment.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";

export const LOGS_OPTIONS = [
  { name: "follow", short: "f", summary: "follow: also print what is written from now on" },
  {
    name: "lines",
    short: "n",
    value: "N",
    summary: "the last N lines of each log (default: everything, with -f 10)",
  },
  { name: "since", value: "TIME", summary: "what was written since then: 10m (ago), or a time" },
  { name: "until", value: "TIME", summary: "what was written before then" },
  { name: "stderr", summary: "only logs of --log-err" },
  { name: "all", short: "a", summary: "every kept daemon" },
  JSON_OPTION,
] as const satisfies readonly Option[];

export interface LogsRequest {
  readonly words: readonly string[];
  readonly all: boolean;
  readonly follow: boolean;
  /** Undefined: all. */
  readonly lines?: number;
  readonly since?: LogTime;
  readonly until?: LogTime;
  readonly stderrOnly: boolean;
  readonly display: Display;
}

/** Milliseconds: since 1970, or before now. */
export type LogTime = { readonly at: number } | { readonly agoMs: number };

/** @throws UsageError */
export function logsRequest(
  values: Given<typeof LOGS_OPTIONS[number]>,
  operands: readonly string[],
): LogsRequest {
  const all = values.has("all"), follow = values.has("follow");
  if (all && operands.length > 0) throw new UsageError("names and --all cannot be used together");
  if (operands.includes("")) throw new UsageError("a name must not be empty");
  const lines = values.text("lines");
  const [since, until] = [values.text("since"), values.text("until")];
  if (follow && until !== undefined) throw new UsageError("-f and --until cannot be used together");
  return {
    words: operands,
    all,
    follow,
    lines: lines === undefined ? follow && since === undefined ? 10 : undefined : parseLines(lines),
    since: since === undefined ? undefined : parseTime("--since", since),
    until: until === undefined ? undefined : parseTime("--until", until),
    stderrOnly: values.has("stderr"),
    display: displayFrom(values),
  };
}

function parseLines(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new UsageError(`'${text}' is not a number of lines`);
}

/** `10m`: that long ago; otherwise see {@link readMoment}. */
function parseTime(option: string, text: string, now = Date.now()): LogTime {
  const moment = readMoment(text, now);
  if (moment) return "ms" in moment ? { agoMs: moment.ms } : { at: moment.at };
  throw new UsageError(
    `'${text}' is not a time for ${option}`,
    "write for example 10m (ago), 00:00 (today), 2026-11-30 or '2026-11-30 14:30'",
  );
}
