import { SIGTERM } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { type ProcessIdentity, signalProcess } from "../../termination/identity.ts";
import type { StopSchedule } from "../../termination/schedule.ts";
import type { SharedLooks } from "../../termination/shared_looks.ts";
import type { KeptTree } from "../tree/kept_tree.ts";

/** A stop for which nothing can be recorded. */
export interface KeepersStop {
  readonly acting: ProcessIdentity;
  readonly tree: KeptTree;
  readonly looks: SharedLooks;
  readonly schedule: StopSchedule;
  /** How long its own command may take before the schedule begins. */
  readonly hookMs: number;
  readonly isOff: () => boolean;
}

const FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 50;
/** A turn begins within that, even on a busy machine. */
const TURN_MS = 3000;

/**
 * Has a keeper stop its daemon and leave, by TERM, which needs no record. Waits until it has, or for as long as the
 * schedule takes: a keeper that cannot start imp does nothing.
 */
export async function leaveToKeeper(stop: KeepersStop): Promise<void> {
  const { acting, tree, looks, schedule: { steps }, hookMs, isOff } = stop;
  signalProcess(acting, SIGTERM);
  const wholeMs = steps.reduce((sum, { wait }) => sum + wait, hookMs);
  const deadline = runtime.now() + (steps.length === 0 ? 0 : wholeMs + TURN_MS);
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const look = await looks.at(runtime.now() + pause);
    if (tree.living(look).length === 0 || isOff() || runtime.now() > deadline) return;
  }
}
