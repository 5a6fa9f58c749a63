// Pure: the known health of a run, and how probes change it.
import { formatDuration } from "../../base/duration.ts";

/** How to find out whether a running daemon works. */
export interface HealthSettings {
  /** In the form of parseHealthRule; all must hold. */
  readonly rules: readonly string[];
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** The number of consecutive failures that make it unhealthy. */
  readonly retries: number;
  /** It is ready only once it was healthy, and has failed to start if that takes longer. */
  readonly startMs?: number;
  /** It is restarted when unhealthy. */
  readonly restart: boolean;
}

/** Health of one run. Only probes change it. */
export interface KeptHealth {
  /** `starting`: no probe has succeeded yet, and too few have failed to say more. */
  readonly state: "starting" | "healthy" | "unhealthy";
  /** Since when, milliseconds since the epoch. */
  readonly since: number;
  /** Consecutive, as far as they count: not those after it has become unhealthy. */
  readonly failures: number;
  /** Reason of the last failure: `tcp:8080 refused`. */
  readonly reason?: string;
  /** It has been healthy in this run. */
  readonly wasHealthy?: true;
}

/** The result of a probe. */
export type ProbeVerdict = { readonly well: true } | {
  readonly well: false;
  readonly reason: string;
};

/** More frequent probes are made by a resident process rather than by turns, ms. */
const SELDOM_MS = 10_000;

/** Whether `imp watch` makes the probes rather than the keeper's turns. */
export function isProbedOften(health: Pick<HealthSettings, "everyMs"> | undefined): boolean {
  return health !== undefined && health.everyMs < SELDOM_MS;
}

/** For a run that has just become ready. */
export function healthAtReady(
  health: HealthSettings | undefined,
  now: number,
): KeptHealth | undefined {
  if (!health) return undefined;
  const probed = health.startMs !== undefined &&
    health.rules.some((rule) => !rule.startsWith("log-silence:"));
  return probed
    ? { state: "healthy", since: now, failures: 0, wasHealthy: true }
    : { state: "starting", since: now, failures: 0 };
}

/** @returns `before` itself if the probe shows nothing new */
export function afterProbe(
  before: KeptHealth,
  verdict: ProbeVerdict,
  retries: number,
  now: number,
): KeptHealth {
  const { state, since, failures, reason } = before;
  if (verdict.well) {
    if (state === "healthy" && failures === 0) return before;
    const at = state === "healthy" ? since : now;
    return { state: "healthy", since: at, failures: 0, wasHealthy: true };
  }
  if (state === "unhealthy") {
    return reason === verdict.reason ? before : { ...before, reason: verdict.reason };
  }
  const next = { ...before, failures: failures + 1, reason: verdict.reason };
  return next.failures < retries ? next : { ...next, state: "unhealthy", since: now };
}

/** `unhealthy: tcp:8080 refused (3 times)`. */
export function healthText({ state, failures, reason }: KeptHealth): string {
  if (reason === undefined) return state;
  const times = failures === 1 ? "once" : `${failures} times`;
  return state === "unhealthy"
    ? `unhealthy: ${reason} (${times})`
    : `${state}; ${reason} (${times})`;
}

/** `tcp:8080, each 10s, 3 times in a row; then it is restarted`. */
export function healthSettingsText(
  { rules, everyMs, timeoutMs, retries, startMs, restart }: HealthSettings,
): string {
  return [
    rules.join(" and "),
    `each ${formatDuration(everyMs)}`,
    `within ${formatDuration(timeoutMs)}`,
    `unhealthy after ${retries === 1 ? "1 failure" : `${retries} failures in a row`}`,
    ...startMs === undefined ? [] : [`once within ${formatDuration(startMs)} of its start`],
    ...restart ? ["restarted then"] : [],
  ].join(", ");
}
