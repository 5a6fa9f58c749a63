// A cell of the table in state.ts: what health probes mean for a daemon.
import type { KeptAction, KeptRules, KeptStep } from "../policy/kept_event.ts";
import { endTree, stay } from "../policy/state_parts.ts";
import type { KeptState } from "../records/kept_state.ts";
import { healthText, type KeptHealth } from "./kept_health.ts";

/** It runs. Only the change to `unhealthy` has consequences: one failure between successes has none. */
export function judgedHealth(
  state: KeptState,
  { health }: { readonly health: KeptHealth },
  { settings }: KeptRules,
): KeptStep {
  if (health === state.health) return stay(state);
  const next = { ...state, health };
  if (health.state !== "unhealthy" || state.health?.state === "unhealthy") return stay(next);
  const actions: KeptAction[] = settings.hooks.onUnhealthy
    ? [{ do: "run-hook", hook: "onUnhealthy" }]
    : [];
  if (!settings.health?.restart) return { state: next, actions };
  const by = `imp keeper: ${healthText(health)}`;
  return { state: endTree(next, undefined, by).state, actions };
}

/** A run ended before it was ever healthy never came up: restarts after such runs slow down. */
export function neverHealthy({ health, phase }: KeptState): boolean {
  return phase === "stopping" && health?.state === "unhealthy" && !health.wasHealthy;
}
