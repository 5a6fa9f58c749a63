import { SIGKILL } from "../../libc/abi.ts";
import { signalByNumber } from "../../termination/identity.ts";
import type { TaggedTree } from "../../termination/tagged_tree.ts";
import { isStopped } from "../../libc/processes/wait.ts";
import { parentsAmong } from "../../procfs/processes.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Child } from "./children.ts";
import { daemonicTree } from "./daemonic_tree.ts";
import { endBelow, endDaemonic, hold } from "./end_daemonic.ts";
import { noteWhole } from "./lifecycle.ts";

/** How long the kernel may take to stop all threads of a process. */
const STOP_MS = 1000;

let batch: Child[] = [];
let done: Promise<void> | undefined;

/**
 * Ends a daemonic process now with everything it has started; if it has already ended, what it left behind.
 * Resolves when nothing is left.
 */
export function endWhole(child: Child): Promise<void> {
  if (child.poll()) return endLeftBehind(child.mark!);
  // From now on it starts nothing more, however busy this process is.
  hold(child.pid);
  batch.push(child);
  // All that are to be ended at the same time are searched for together.
  return done ??= Promise.resolve().then(() => {
    const children = batch;
    batch = [];
    done = undefined;
    return endAll(children);
  });
}

async function endAll(children: readonly Child[]): Promise<void> {
  const living = children.filter((child) => !child.poll());
  const held = living.filter(({ pid }) => hold(pid));
  await Promise.all([
    endHeld(held),
    endOthers(living.filter((child) => !held.includes(child))),
    ...children.filter((child) => !living.includes(child)).map(({ mark }) => endLeftBehind(mark!)),
  ]);
}

/** Nothing can get away from stopped processes: when nothing is below them any more, only they are left. */
async function endHeld(children: readonly Child[]): Promise<void> {
  if (children.length === 0) return;
  const deadline = runtime.now() + STOP_MS;
  while (!children.every((child) => child.poll() || isStopped(child.pid))) {
    if (runtime.now() > deadline) break;
    await runtime.sleep(1);
  }
  const parents = parentsAmong(children.map(({ pid }) => pid));
  // One that has ended meanwhile, or goes on, may have had children.
  const alone = new Set(
    children.filter((child) => {
      return !parents.includes(child.pid) && !child.poll() && isStopped(child.pid);
    }),
  );
  const others = children.filter((child) => !alone.has(child));
  if (others.length > 0) {
    const pids = others.map(({ pid }) => pid);
    for (const pause of endBelow(treeOf(others), pids, pids)) await runtime.sleep(pause);
  }
  // SIGTERM would do the same, but only after they have been continued.
  for (const child of children) if (!child.poll()) signalByNumber(child.pid, SIGKILL);
  await Promise.all(children.map((child) => child.wait()));
  for (const { mark } of alone) noteWhole(mark!);
}

async function endOthers(children: readonly Child[]): Promise<void> {
  if (children.length === 0) return;
  const pids = children.map(({ pid }) => pid);
  for (const pause of endDaemonic(treeOf(children), pids)) await runtime.sleep(pause);
}

function treeOf(children: readonly Child[]): TaggedTree {
  return daemonicTree(children.map(({ mark }) => mark!));
}

/** A process that was being started when its parent was killed shows no environment for a moment. */
const LOOKS = 2;
const BETWEEN_LOOKS_MS = 10;

interface Search {
  readonly mark: string;
  /** How often nothing was found. */
  looks: number;
  nothingLeft(): void;
}

let searches: Search[] = [];
let looking = false;

/**
 * Ends what an ended daemonic process left behind. Resolves when nothing is left.
 * @param mark of the process
 */
function endLeftBehind(mark: string): Promise<void> {
  const left = new Promise<void>((nothingLeft) => searches.push({ mark, looks: 0, nothingLeft }));
  if (!looking) look();
  return left;
}

/** For all together: if many processes die one after another, searching must not take up all the time. */
async function look(): Promise<void> {
  looking = true;
  for (; searches.length > 0; await runtime.sleep(BETWEEN_LOOKS_MS)) {
    const tree = daemonicTree(searches.map(({ mark }) => mark));
    if (tree.scope().roots!.length > 0) {
      end(tree, searches);
      searches = [];
    }
    for (const search of searches) if (++search.looks === LOOKS) search.nothingLeft();
    searches = searches.filter(({ looks }) => looks < LOOKS);
  }
  looking = false;
}

/** The others need not wait for it: it may take its time. */
async function end(tree: TaggedTree, ended: readonly Search[]): Promise<void> {
  for (const pause of endDaemonic(tree, [])) await runtime.sleep(pause);
  searches.push(...ended);
  if (!looking) look();
}
