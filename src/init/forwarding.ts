import { ENGINE_SIGNAL } from "../libc/abi_signals.ts";
import { SIGCHLD, SIGCONT } from "../libc/abi.ts";
import { blockableSignals, type ReceivedSignal } from "../libc/processes/signalfd.ts";

/** What init waits for: everything that can be blocked. SIGCHLD is its own, the others are for the program. */
export function awaitedSignals(): number[] {
  return blockableSignals([ENGINE_SIGNAL]);
}

/** Whether init can get a signal for the program at all. */
export function isForwardable(number: number): boolean {
  return number !== SIGCHLD && awaitedSignals().includes(number);
}

/** The program's relation to init's process group. */
export type GroupPlan =
  /** A group of its own; terminal signals to the foreground reach only one of the groups. */
  | "own"
  /** Init's group: signals to the group reach the program directly. */
  | "shared"
  /** A session of its own. */
  | "session";

/**
 * The signal to forward for one that init received; 0 for none.
 * @param rewrites by signal number; 0 drops
 */
export function forwarded(
  { number, byKernel }: ReceivedSignal,
  rewrites: ReadonlyMap<number, number>,
  plan: GroupPlan,
  leadsSession: boolean,
): number {
  if (number === SIGCHLD) return 0;
  // Ctrl-C and the like: the terminal has sent it to the program too. Only a hang-up goes to the session leader alone.
  if (plan === "shared" && byKernel && !leadsSession) return 0;
  return rewrites.get(number) ?? number;
}

/**
 * Whether a signal goes to the program's whole group. A job is continued as a whole, since it was stopped as a whole.
 */
export function reachesGroup(plan: GroupPlan, toGroup: boolean, signal: number): boolean {
  return plan === "session" || (plan === "own" && (toGroup || signal === SIGCONT));
}
