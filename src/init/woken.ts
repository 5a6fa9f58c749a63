import type { ReceivedSignal } from "../libc/processes/signalfd.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { Ending } from "../libc/processes/wait.ts";
import type { GroupPlan } from "./forwarding.ts";

/** What an init that has rested goes on with. */
export interface Woken {
  /** The words with which it was started, the name of the program first. */
  readonly words: readonly Bytes[];
  readonly program: number;
  readonly plan: GroupPlan;
  /** What processes have sent since the program was last continued, as forwarded. */
  readonly sent: readonly number[];
  /** One that is to be thought about. */
  readonly signal?: ReceivedSignal;
  /** How the program has ended, if it has. */
  readonly ending?: Ending;
  /** The signal that has stopped it, if one has. */
  readonly stopped?: number;
}

let woken: Woken | undefined;

/** The words of this init are about to be read once more: it is to go on with this, not to start the program. */
export function setWoken(state: Woken): void {
  woken = state;
}

/** {@link setWoken}'s, once. */
export function takeWoken(): Woken | undefined {
  const state = woken;
  woken = undefined;
  return state;
}
