import { SIGKILL } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { runtime } from "../runtime/mod.ts";
import { Asking } from "./asking.ts";
import type { Kin, Scope } from "./scope.ts";
import { listTree, type Reach, signalTree } from "./signal_tree.ts";

export interface Ending {
  /** What asks the processes to end; SIGTERM when left out. */
  readonly signal?: number;
  /** How long they may take before they are killed, milliseconds. */
  readonly graceMs: number;
  /** How long the kernel may take to end what was killed, milliseconds; 5 s when left out. */
  readonly killMs?: number;
  /** Called at every look: a parent reaps its children here, since their zombies would hold their PIDs. */
  readonly reap?: () => void;
}

/** How a tree ended. */
export interface Ended {
  /** What the grace was not enough for. */
  readonly killed: readonly Kin[];
  /** What is still there: other users' processes, or in an uninterruptible sleep. */
  readonly left: readonly Kin[];
  /** Those of them that we may not signal. */
  readonly refused: readonly Kin[];
}

const KILL_MS = 5000;
const FIRST_LOOK_MS = 1, LONGEST_PAUSE_MS = 50;

/**
 * Ends every process of a tree: asks, waits no longer than it takes, kills what is left, again and again until nothing
 * is, and proves that it is empty by looking once more.
 * @throws ImpError where /proc cannot be listed
 */
export async function endTree(scope: Scope, ending: Ending): Promise<Ended> {
  const { signal, graceMs, killMs = KILL_MS, reap = () => {} } = ending;
  const asking = new Asking(scope, signal);
  const refusals = new Set<string>();
  const isRefused = (kin: Kin) => refusals.has(identity(kin));
  const send = ({ reached, refused }: Reach) => {
    for (const kin of refused) refusals.add(identity(kin));
    return reached.length;
  };
  const ask = () => {
    const asked = send(asking.ask());
    if (asked > 0) debug("group", "asked to end", { processes: asked });
  };
  const kill = () => send(signalTree(scope, SIGKILL));
  const look = (insist: () => void) => () => {
    insist();
    reap();
    return listTree(scope);
  };
  const stubborn = await emptyWithin(look(ask), graceMs, isRefused);
  if (stubborn.length === 0) return { killed: [], left: [], refused: [] };
  debug("group", "the grace is over: killing", { processes: stubborn.length });
  const left = await emptyWithin(look(kill), killMs, isRefused);
  const still = new Set(left.map(({ pid }) => pid));
  return {
    killed: stubborn.filter(({ pid }) => !still.has(pid)),
    left,
    refused: left.filter(isRefused),
  };
}

/** @returns what is left after `ms`, or as soon as nothing is left but what we may not signal: that is not waited for */
async function emptyWithin(
  look: () => Kin[],
  ms: number,
  isRefused: (kin: Kin) => boolean,
): Promise<Kin[]> {
  const deadline = runtime.now() + ms;
  for (let pause = FIRST_LOOK_MS;; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    const left = look();
    const rest = deadline - runtime.now();
    if (left.every(isRefused) || rest <= 0) return left;
    await runtime.sleep(Math.min(pause, rest));
  }
}

function identity({ pid, startTicks }: Kin): string {
  return `${pid} ${startTicks}`;
}
