import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import type { HealthSettings } from "../../keeper/health/kept_health.ts";
import { parseHealthRule } from "../../ready/health_rule.ts";
import { HEALTH_OPTIONS, type HealthOption } from "./health_options.ts";
import { parseSpan } from "./values.ts";

const EVERY_MS = 10_000, TIMEOUT_MS = 5000, RETRIES = 3, LEAST_EVERY_MS = 100;

/** @param restarts whether --restart allows any @throws UsageError */
export function healthFrom(
  values: Given<HealthOption>,
  restarts: boolean,
): HealthSettings | undefined {
  const rules = values.texts("health");
  if (rules.length === 0) {
    const alone = HEALTH_OPTIONS.find(({ name }) => values.given(name));
    if (!alone) return undefined;
    throw new UsageError(`--${alone.name} goes with --health`, "for example --health tcp:8080");
  }
  rules.forEach(parseHealthRule);
  const restart = values.has("health-restart");
  if (restart && !restarts) {
    throw new UsageError(
      "--health-restart and --restart no cannot be used together",
      "write --restart on-failure, or leave out --health-restart: imp then only shows that it is unhealthy",
    );
  }
  const everyMs = every(values.text("health-every"));
  const timeout = values.text("health-timeout");
  const start = values.text("health-start");
  return {
    rules: [...rules],
    everyMs,
    timeoutMs: timeout === undefined
      ? Math.min(TIMEOUT_MS, everyMs)
      : parseSpan("health-timeout", timeout),
    retries: retries(values.text("health-retries")),
    ...start === undefined ? {} : { startMs: parseSpan("health-start", start) },
    restart,
  };
}

function every(text: string | undefined): number {
  if (text === undefined) return EVERY_MS;
  const ms = parseDuration(text);
  if (ms >= LEAST_EVERY_MS) return ms;
  throw new UsageError(`--health-every ${text} is too short`, "100ms at least");
}

function retries(text: string | undefined): number {
  if (text === undefined) return RETRIES;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new UsageError(`--health-retries '${text}' is not a number from 1 to 9999`);
}
