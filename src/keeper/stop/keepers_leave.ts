import { SIGKILL, SIGUSR1 } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { isZombie } from "../../procfs/stat.ts";
import { signalProcess } from "../../termination/identity.ts";
import { restWhileAll } from "../../termination/rest_while_all.ts";
import { killBlocking } from "../../termination/termination.ts";
import type { Kin, Look } from "../../termination/scope.ts";
import type { SharedLooks } from "../../termination/shared_looks.ts";
import type { KeptPlace } from "../home.ts";
import type { Intent } from "../records/intent.ts";
import { intentNow } from "../records/intent_now.ts";
import { writeIntent } from "../records/kept_records.ts";
import { underFreeLock } from "../records/name_lock_wait.ts";
import { refusedByDisk } from "../records/record_file.ts";
import { readKeeperPage } from "../waiter/keeper_page.ts";
import { isLogWatch } from "../tree/kept_marks.ts";
import type { KeptTree } from "../tree/kept_tree.ts";

export interface Leaving {
  readonly tree: KeptTree;
  readonly looks: SharedLooks;
  /** Nobody waits for it any longer. */
  readonly isOver: (look: Look) => boolean;
  /**
   * Leaves the rest to the keeper. While a command acts, a turn that still sees something of the tree waits for it: the
   * two must not wait for each other.
   */
  readonly giveWay: () => Promise<void>;
}

/** The usual duration of a turn. */
const PAUSE_MS = 50;
/** A keeper that has not begun to leave by then is woken. */
const WAKE_MS = 100, WAKE_AGAIN_MS = 1000;
/** One that does nothing for so long, although nothing is left to keep, is no longer waited for. */
const PATIENCE_MS = 20_000;
/** A turn may wait for others, but not forever. */
const TURN_PATIENCE_MS = 60_000;

/**
 * Waits until a daemon's waiters, with nothing left to keep, have recorded that and left.
 * @returns the last look; and why they did not leave, in a sentence
 */
export async function awaitLeaving(
  { tree, looks, isOver, giveWay }: Leaving,
): Promise<{ readonly look: Look; readonly note?: string }> {
  let wakeAt = runtime.now() + WAKE_MS;
  let deadline = runtime.now() + PATIENCE_MS;
  const limit = runtime.now() + TURN_PATIENCE_MS;
  let given = false;
  for (;;) {
    const look = await looks.at(runtime.now() + 1);
    const living = tree.living(look);
    const acting = actingOf(living);
    if (!acting || isOver(look)) return { look };
    if (!given && runtime.now() >= wakeAt) {
      given = true;
      await giveWay();
    }
    const now = runtime.now();
    const turn = turnOf(acting, look);
    if (turn && turn.state !== "T" && now < limit) {
      deadline = Math.max(deadline, now + PATIENCE_MS / 4);
    } else if (acting.state === "T") {
      return { look, note: endedText(acting, "was stopped by a signal") };
    } else if (now > deadline) {
      return { look, note: endedText(acting, "did nothing") };
    } else if (now >= wakeAt) {
      signalProcess(acting, SIGUSR1);
      wakeAt = now + WAKE_AGAIN_MS;
    }
    await restWhileAll(living, Math.min(now + PAUSE_MS, Math.max(wakeAt, now)));
  }
}

/**
 * From now on the keeper does not wait for the command that stops its daemon. If the disk is full by now, it waits for
 * the command's end.
 */
export async function giveWay(place: KeptPlace, { serial }: Intent): Promise<void> {
  await underFreeLock(place, () => {
    const now = intentNow(place);
    if (now?.serial !== serial || !now.actor) return;
    refusedByDisk(() => writeIntent(place, { ...now, actor: undefined }));
  });
}

function endedText({ pid }: Kin, what: string): string {
  return `its keeper ${pid} ${what}: this command has ended it and written the records`;
}

/**
 * The turn that runs for a waiter. One that has ended and was not reaped does not count: its waiter may have been
 * stopped.
 */
export function turnOf({ pid }: { readonly pid: number }, processes: Look): Kin | undefined {
  const turn = processes.get(readKeeperPage(pid)?.turn ?? 0);
  return turn && turn.ppid === pid && !isZombie(turn) ? turn : undefined;
}

/** The acting one of the running waiters: a keeper is its guard's child. */
export function actingOf(living: readonly Kin[]): Kin | undefined {
  return living.find(({ ppid }) => living.some(({ pid }) => pid === ppid)) ?? living[0];
}

/**
 * Ends waiters that have nothing to keep, their turn, and what that runs. The guard first: it would take the keeper's
 * place.
 */
export function endWaiters(waiters: readonly Kin[], processes: Look): void {
  const isGuard = ({ pid }: Kin) => waiters.some(({ ppid }) => ppid === pid);
  const turns = waiters.flatMap((waiter) => turnOf(waiter, processes) ?? []);
  const all = [...waiters.filter(isGuard), ...waiters, ...turns];
  const roots = [...processes.values()].filter(({ ppid }) => turns.some(({ pid }) => pid === ppid));
  // In this order, and the caller looks until they are gone.
  for (const one of all) signalProcess(one, SIGKILL);
  // Commands of the owner, each in its own session. The process that watches logs belongs to no daemon.
  const hooks = roots.filter((kin) => !isLogWatch(kin));
  if (hooks.length > 0) killBlocking({ roots: hooks, sessions: hooks.map(({ pid }) => pid) });
}
