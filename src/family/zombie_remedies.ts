import { SIGCHLD, SIGCONT, SIGKILL, SIGTERM } from "../libc/abi.ts";
import { runtime } from "../runtime/mod.ts";
import { ownPid } from "../libc/processes/process.ts";
import { Family } from "./family.ts";
import { SignalTarget } from "./signal_target.ts";
import type { ParentOfZombies } from "./zombies.ts";

/** How long a parent that was asked gets to reap. */
const ANSWER_MS = 3000;
/** How long an init that has adopted gets: some look only every few seconds. */
const REAPING_MS = 6000;
const STEP_MS = 20;

const NOT_OURS = "not permitted: the parent is another user's";

/** What became of the zombies of one parent. */
export interface RemedyOutcome {
  readonly parent: number;
  /** What was done, as a past participle: `asked`, `ended`, `killed`. */
  readonly done: "asked" | "ended by TERM" | "ended by KILL" | "nothing";
  readonly reaped: number;
  /** PIDs of those that are still zombies. */
  readonly left: readonly number[];
  /** Why nothing was done, or who holds what is left. */
  readonly note?: string;
}

/** Why a parent must not be ended; undefined when it may. */
export function whyParentStays({ pid, parent }: ParentOfZombies): string | undefined {
  if (!parent) return "it cannot be seen";
  if (pid === 1) return "PID 1 takes everything in its PID namespace with it";
  if (parent.kernelThread) return "it is a thread of the kernel";
  if (pid === ownPid()) return "it is this imp";
  const above = Family.read().ancestors(ownPid()).some((ancestor) => ancestor.pid === pid);
  return above ? "this imp was started from it; end it yourself" : undefined;
}

/** Sends SIGCHLD to a parent and looks whether it reaps. */
export async function askParent(group: ParentOfZombies): Promise<RemedyOutcome> {
  const target = group.parent && SignalTarget.open(group.parent);
  if (!target) return await outcome(group, "nothing", "the parent has ended meanwhile");
  try {
    if (!target.maySignal) return await outcome(group, "nothing", NOT_OURS);
    target.signal(SIGCHLD);
    return await outcome(group, "asked");
  } finally {
    target.close();
  }
}

/**
 * Ends a parent with SIGTERM, and with SIGKILL when it is not gone after a while, and looks whether its zombies are
 * reaped by who adopts them.
 * @param graceMs how long it gets to end by itself
 */
export async function endParent(group: ParentOfZombies, graceMs: number): Promise<RemedyOutcome> {
  const refused = whyParentStays(group);
  if (refused) return await outcome(group, "nothing", refused);
  const target = group.parent && SignalTarget.open(group.parent);
  if (!target) return await outcome(group, "nothing", "the parent has ended meanwhile");
  try {
    if (!target.maySignal) return await outcome(group, "nothing", NOT_OURS);
    target.signal(SIGTERM);
    // One that is stopped takes no notice of SIGTERM before it goes on.
    if (group.parent?.state === "T") target.signal(SIGCONT);
    if (await until(() => !target.alive, graceMs)) return await outcome(group, "ended by TERM");
    target.signal(SIGKILL);
    if (await until(() => !target.alive, REAPING_MS)) return await outcome(group, "ended by KILL");
    return await outcome(group, "nothing", "the parent is still there after KILL (state D?)");
  } finally {
    target.close();
  }
}

async function outcome(
  { pid, zombies }: ParentOfZombies,
  done: RemedyOutcome["done"],
  note?: string,
): Promise<RemedyOutcome> {
  const left = () => {
    const family = Family.read();
    return zombies.flatMap(({ pid, startTicks }) => {
      const now = family.get(pid);
      return now?.startTicks === startTicks ? [now] : [];
    });
  };
  await until(
    () => left().length === 0,
    done === "nothing" ? 0 : done === "asked" ? ANSWER_MS : REAPING_MS,
  );
  const still = left();
  const adopters = [...new Set(still.map(({ ppid }) => ppid))].filter((ppid) => ppid !== pid);
  const adopted = adopters.length ? `now children of pid ${adopters.join(", ")}` : undefined;
  return {
    parent: pid,
    done,
    reaped: zombies.length - still.length,
    left: still.map(({ pid }) => pid),
    ...(note ?? adopted ? { note: note ?? adopted } : {}),
  };
}

async function until(condition: () => boolean, ms: number): Promise<boolean> {
  const deadline = runtime.now() + ms;
  while (!condition()) {
    if (runtime.now() >= deadline) return false;
    await runtime.sleep(STEP_MS);
  }
  return true;
}
