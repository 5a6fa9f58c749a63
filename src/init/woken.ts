import type { ReceivedSignal } from "../libc/processes/signalfd.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { Ending } from "../libc/processes/wait.ts";
import type { GroupPlan } from "./forwarding.ts";

/** What a rested init continues with. */
export interface Woken {
  /** Its command line, the program's name first. */
  readonly words: readonly Bytes[];
  readonly program: number;
  readonly plan: GroupPlan;
  /** Signals from processes since the program was last continued, as forwarded. */
  readonly sent: readonly number[];
  /** A signal that needs a decision. */
  readonly signal?: ReceivedSignal;
  /** How the program ended, if it has. */
  readonly ending?: Ending;
  /** The signal that stopped it, if any. */
  readonly stopped?: number;
}

let woken: Woken | undefined;

/**
 * This init's words are about to be parsed again: it is to continue with this state instead of starting the program.
 */
export function setWoken(state: Woken): void {
  woken = state;
}

/** The state from {@link setWoken}, once. */
export function takeWoken(): Woken | undefined {
  const state = woken;
  woken = undefined;
  return state;
}
