import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import { ignoreRule } from "../../keeper/events/ignore.ts";
import type { KeptSettings } from "../../keeper/records/kept_settings.ts";
import { parseReady } from "../../ready/rule.ts";
import type { StartOption } from "./options.ts";

type GivenStart = Given<StartOption>;

const DEBOUNCE = "200ms", LONGEST_DEBOUNCE_MS = 3600_000;
/** Defaults for programs that run for a long time do not apply to ones that run repeatedly. */
export function isRunByChange(values: GivenStart): boolean {
  return values.given("on-change") && values.text("restart") === "no";
}

/** The paths as given. @throws UsageError */
export function onChangeFrom(values: GivenStart): KeptSettings["onChange"] {
  if (!values.given("on-change")) return undefined;
  const ignore = values.texts("ignore");
  ignoreRule(ignore);
  const overlap = values.text("overlap") ?? (isRunByChange(values) ? "queue" : "kill");
  return {
    paths: values.texts("on-change"),
    ignore,
    debounceMs: parseDebounce(values.text("debounce") ?? DEBOUNCE),
    postponed: values.has("postpone"),
    overlap: overlap as NonNullable<KeptSettings["onChange"]>["overlap"],
  };
}

/** @throws UsageError */
export function startsAfterFrom(values: GivenStart): KeptSettings["startsAfter"] {
  if (!values.given("on-file") && !values.given("on-port")) return undefined;
  return { files: values.texts("on-file"), ports: values.texts("on-port").map(parsePort) };
}

/** @throws UsageError */
export function refuseOfEvents(values: GivenStart): void {
  for (const option of ["on-change", "on-file", "ignore"] as const) {
    if (values.texts(option).includes("")) throw new UsageError(`--${option} must not be empty`);
  }
  if (values.given("on-change")) return;
  const alone = (["ignore", "debounce", "postpone"] as const).find((one) => values.given(one));
  if (alone === undefined) return;
  throw new UsageError(`--${alone} goes with --on-change`, "for example --on-change src");
}

function parseDebounce(text: string): number {
  const ms = parseDuration(text);
  if (ms <= LONGEST_DEBOUNCE_MS) return ms;
  throw new UsageError(`--debounce ${text} is too long`, "1h at most");
}

function parsePort(text: string): string {
  try {
    const rule = parseReady(`tcp:${text}`);
    if (rule.kind !== "tcp" || !/^[\w.:%-]+$/.test(rule.host)) throw new UsageError("not a port");
    const host = rule.host.includes(":") ? `[${rule.host}]` : rule.host;
    return `${host}:${rule.port}`;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      `--on-port '${text}' is not a valid address`,
      "write PORT or HOST:PORT, for example 5432 or db.example.com:5432",
    );
  }
}
