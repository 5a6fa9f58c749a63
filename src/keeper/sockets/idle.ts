// Pure: when an on-demand daemon counts as idle. Milliseconds of a monotonic clock, except durations.
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";

type IdleState = NonNullable<KeptState["idle"]>;

/** How many looks within its time. */
const LOOKS = 4;
/** Share of one processor: a tree that has used more since the last look is not idle. */
const BUSY_SHARE = 0.01;

/** What a look shows. */
export interface IdleLook {
  readonly now: number;
  /** Open or waiting connections. */
  readonly connections: number;
  /** CPU time of the tree. */
  readonly cpuMs: number;
}

/** How long until the next look; Infinity: never. */
export function untilIdleLook(
  { phase, idle }: Pick<KeptState, "phase" | "idle">,
  { onDemand }: Pick<KeptSettings, "onDemand">,
  now: number,
): number {
  const { idleMs } = onDemand ?? {};
  if (idleMs === undefined || phase !== "running") return Infinity;
  return Math.max(0, (idle?.lookedAt ?? now) + idleMs / LOOKS - now);
}

/** What is known after a look. */
export function afterIdleLook(before: IdleState | undefined, look: IdleLook): IdleState {
  const { now, connections, cpuMs } = look;
  const used = before ? (cpuMs - before.cpuMs) / Math.max(1, now - before.lookedAt) : 1;
  const isBusy = connections > 0 || used >= BUSY_SHARE;
  return { lookedAt: now, since: isBusy ? now : before?.since ?? now, cpuMs };
}

/** It has been idle for its whole time. */
export function isIdleLongEnough({ since, lookedAt }: IdleState, idleMs: number): boolean {
  return lookedAt - since >= idleMs;
}
