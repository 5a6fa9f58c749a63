import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { PidfileTree, removeStalePidfile } from "../../daemon/pidfile_end.ts";
import { readPidfileDaemon } from "../../daemon/pidfile_daemon.ts";
import { SIGTERM } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import type { SharedLooks } from "../../termination/shared_looks.ts";
import type { StopContext } from "./stop_context.ts";
import type { StopOutcome, StopResult } from "./stop_outcome.ts";
import { describeLeft, describeSurvivors } from "./survivors.ts";

const GRACE_MS = 10_000;
const FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 50;

/** Stops a pidfile's daemon, with its whole tree as far as that can be found. Throws nothing. */
export async function stopByPidfile(
  name: string,
  path: string,
  context: Pick<StopContext, "grace" | "looks" | "isInterrupted">,
): Promise<StopOutcome> {
  const began = runtime.now();
  const result = await stop(path, context).catch((error): StopResult => {
    if (error instanceof ImpError) return { is: "failed", error };
    throw error;
  });
  return { ...result, name, ms: Math.round(runtime.now() - began) };
}

async function stop(
  path: string,
  { grace, looks, isInterrupted }: Pick<StopContext, "grace" | "looks" | "isInterrupted">,
): Promise<StopResult> {
  const daemon = readPidfileDaemon(path);
  if (daemon.is === "not running") {
    removeStalePidfile(daemon);
    return { is: "not running" };
  }
  if (daemon.is === "starting") {
    throw new ImpError({
      action: "stop",
      object: `the daemon of ${path}`,
      why: `it is being started, by pid ${daemon.starter}`,
      hint: "try again when that is over",
      exit: EXIT.no,
    });
  }
  if (daemon.is === "held" && daemon.holders.length === 0) {
    throw new ImpError({
      action: "stop",
      object: `the daemon of ${path}`,
      why: "its lock is held by a process that cannot be seen from here",
      hint: "it may be another user's, or in another PID namespace: try as root",
      exit: EXIT.no,
    });
  }
  const steps = grace === "none"
    ? []
    : [{ signal: SIGTERM, wait: grace === "as set" ? GRACE_MS : grace.ms }];
  const termination = new PidfileTree(daemon).termination({ steps, quietLooks: 3 });
  await over(termination, looks, isInterrupted);
  const { left, killed } = termination;
  if (termination.due !== Infinity) {
    return { is: "interrupted", left: describeLeft(left, "not ended yet") };
  }
  if (left.length > 0) return { is: "survivors", survivors: describeSurvivors(left) };
  removeStalePidfile(daemon);
  const pid = daemon.is === "running" ? daemon.process.pid : daemon.pid;
  return { is: "stopped", pid, killed: killed.length, left: [], notes: [] };
}

async function over(
  termination: ReturnType<PidfileTree["termination"]>,
  looks: SharedLooks,
  isInterrupted: () => boolean,
): Promise<void> {
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const look = await looks.at(Math.min(runtime.now() + pause, termination.due));
    if (isInterrupted() || termination.advance(runtime.now(), look)) return;
  }
}
