import { SIGSTOP, SIGTERM } from "../../libc/abi.ts";
import { signalByNumber } from "../../termination/identity.ts";
import type { TaggedTree } from "../../termination/tagged_tree.ts";
import { Termination, untilOver } from "../../termination/termination.ts";
import { Unreadable } from "../../procfs/read.ts";
import { readStatus } from "../../procfs/status.ts";
import { livingChildren } from "./children.ts";

/** How long daemonic processes may take to end when asked; then they are killed. */
export const GRACE_MS = 5000;

/**
 * Ends daemonic processes with everything they have started. Yields the milliseconds to wait before it goes on.
 * @param roots those of them that live
 */
export function* endDaemonic(tree: TaggedTree, roots: readonly number[]): Generator<number> {
  const held = roots.filter(hold);
  yield* endBelow(tree, roots, held);
  if (held.length > 0) yield* endBelow(tree, roots, []);
}

/**
 * Stops a daemonic process: it is a subreaper, so while it exists, nothing it started can get away, and nothing new
 * comes.
 * One that has a handler for SIGTERM may want to end all that by itself, and is left alone; without a handler it would
 * be gone at once.
 * @returns whether it was stopped
 */
export function hold(pid: number): boolean {
  const status = readStatus(pid);
  if (status instanceof Unreadable || status.signals.caught.includes(SIGTERM)) return false;
  return signalByNumber(pid, SIGSTOP) !== "refused";
}

/**
 * Ends all of a tree except those that are held.
 * @param roots processes known to belong to it
 */
export function* endBelow(
  tree: TaggedTree,
  roots: readonly number[],
  held: readonly number[],
): Generator<number> {
  for (const pid of roots) tree.note(pid);
  const schedule = { steps: [{ signal: SIGTERM, wait: GRACE_MS }] };
  const termination = new Termination((processes) => tree.scope(processes, held), schedule);
  // Zombies would keep their PIDs.
  livingChildren();
  for (const pause of untilOver(termination)) {
    yield pause;
    livingChildren();
  }
}
