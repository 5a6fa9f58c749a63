// Whether what depends on a daemon may start. Pure.
import { healthText } from "../health/kept_health.ts";
import { endOfRun, lasting } from "./words.ts";
import type { ObservedDaemon } from "./observed.ts";

/** What a daemon is to those that depend on it. */
export type DependencyState =
  /** It runs and is ready, and no probe has found it unhealthy; with --health one has found it healthy. Of a schedule: it waits for its time, of sockets: for a connection. */
  | { readonly is: "ready" }
  /** It is on its way: being started, or asked for its health for the first time, or about to be restarted. @field why in a sentence */
  | { readonly is: "coming"; readonly why: string }
  /** It runs, and does not do its work: so many probes in a row have failed. It may recover. @field why in a sentence */
  | { readonly is: "unhealthy"; readonly why: string }
  /** Nothing brings it back by itself. @field why in a sentence */
  | { readonly is: "failed"; readonly why: string }
  /** It was stopped by a command, or has never been started. */
  | { readonly is: "stopped"; readonly why: string }
  /** It has ended as it should. */
  | { readonly is: "finished" };

/**
 * Pure: what a daemon is, now, to those that depend on it. One failure between successes changes nothing in it: `unhealthy` is only what
 * has failed --health-retries times in a row.
 */
export function dependencyState({ phase, state }: ObservedDaemon): DependencyState {
  const health = state?.health;
  switch (phase) {
    case "running":
      if (!health || health.state === "healthy") return { is: "ready" };
      return health.state === "unhealthy"
        ? { is: "unhealthy", why: healthText(health) }
        : { is: "coming", why: "no probe has found it healthy yet" };
    case "scheduled":
    case "listening":
    case "watching":
      return { is: "ready" };
    case "pending":
      return { is: "coming", why: state?.reason ?? "its start is waiting" };
    case "starting":
      return { is: "coming", why: "it is not ready yet" };
    case "waiting":
    case "ended": {
      const run = state?.runs.at(-1);
      const why = run ? `it ${endOfRun(run)} after ${lasting(run)}` : state?.reason ?? "it ended";
      return { is: "coming", why: `${why}; its keeper starts it again` };
    }
    case "stopping":
      return state?.next === "leave"
        ? { is: "stopped", why: "it is being stopped" }
        : { is: "coming", why: "it is being restarted" };
    case "finished":
      return { is: "finished" };
    case "stopped":
      return { is: "stopped", why: "it is stopped" };
    case "failed":
      return { is: "failed", why: state?.reason ?? "it failed" };
    case "lost":
      return { is: "failed", why: "it should run, and neither it nor its keepers are there" };
    case "unknown":
      return { is: "stopped", why: "it was never started" };
  }
}
