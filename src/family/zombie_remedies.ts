import { SIGCHLD, SIGTERM } from "../libc/abi.ts";
import { runtime } from "../runtime/mod.ts";
import { ownPid } from "../libc/processes/process.ts";
import { isRunning, signalProcess } from "../termination/identity.ts";
import { Termination, untilOver } from "../termination/termination.ts";
import { Family } from "./family.ts";
import type { ParentOfZombies } from "./zombies.ts";

/** How long an asked parent gets to reap. */
const ANSWER_MS = 3000;
/** How long an init that adopted them gets: some look only every few seconds. */
const REAPING_MS = 6000;
const STEP_MS = 20;

const ENDED = "the parent has ended meanwhile";
const NOT_OURS = "not permitted: the parent is another user's";

/** What became of one parent's zombies. */
export interface RemedyOutcome {
  readonly parent: number;
  /** What was done, as a past participle: `asked`, `ended`, `killed`. */
  readonly done: "asked" | "ended by TERM" | "ended by KILL" | "nothing";
  readonly reaped: number;
  /** PIDs that are still zombies. */
  readonly left: readonly number[];
  /** Why nothing was done, or who holds the remaining ones. */
  readonly note?: string;
}

/** Why a parent must not be ended; undefined if it may be. */
export function whyParentStays({ pid, parent }: ParentOfZombies): string | undefined {
  if (!parent) return "it cannot be seen";
  if (pid === 1) return "PID 1 takes everything in its PID namespace with it";
  if (parent.kernelThread) return "it is a thread of the kernel";
  if (pid === ownPid()) return "it is this imp";
  const above = Family.read().ancestors(ownPid()).some((ancestor) => ancestor.pid === pid);
  return above ? "this imp was started from it; end it yourself" : undefined;
}

/** Sends SIGCHLD to a parent and checks whether it reaps. */
export async function askParent(group: ParentOfZombies): Promise<RemedyOutcome> {
  const { parent } = group;
  const delivery = parent && isRunning(parent) ? signalProcess(parent, SIGCHLD) : "ended";
  if (delivery === "ended") return await outcome(group, "nothing", ENDED);
  if (delivery === "refused") return await outcome(group, "nothing", NOT_OURS);
  return await outcome(group, "asked");
}

/**
 * Ends a parent by SIGTERM, and by SIGKILL if it is not gone after a while, and checks whether its zombies are reaped
 * by whoever adopts them.
 * @param graceMs how long it may take to end by itself
 */
export async function endParent(group: ParentOfZombies, graceMs: number): Promise<RemedyOutcome> {
  const why = whyParentStays(group);
  if (why) return await outcome(group, "nothing", why);
  const { parent } = group;
  if (!parent || !isRunning(parent)) return await outcome(group, "nothing", ENDED);
  const steps = [{ signal: SIGTERM, wait: graceMs }];
  const termination = new Termination({ single: [parent] }, { steps });
  for (const pause of untilOver(termination)) {
    if (termination.refused.length > 0) return await outcome(group, "nothing", NOT_OURS);
    await runtime.sleep(pause);
  }
  if (termination.left.length > 0) {
    return await outcome(group, "nothing", "the parent is still there after KILL (state D?)");
  }
  return await outcome(group, termination.killed.length > 0 ? "ended by KILL" : "ended by TERM");
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
