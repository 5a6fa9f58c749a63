// Pure: what a boot does with a kept daemon.
import type { ObservedDaemon } from "../observe/observed.ts";
import { isOver } from "../observe/observed.ts";

/** What there is to do for a daemon when the machine comes up, or why nothing is to be done. */
export type BootDecision =
  | "start"
  /** It runs, or is kept, already. */
  | "runs"
  | "disabled"
  /** By a command; it stays so. */
  | "stopped"
  /** It had ended by itself, and was not enabled; or it has since this boot. */
  | "over"
  /** No record tells what is wanted. */
  | "unknown";

/** What is wanted is what counts, then what it did when the machine went down. Read from top to bottom. */
export function decideAtBoot(
  { intent, state, phase, program, acting, rebooted }: Pick<
    ObservedDaemon,
    "intent" | "state" | "phase" | "program" | "acting" | "rebooted"
  >,
): BootDecision {
  if (!intent) return program || acting ? "runs" : "unknown";
  if (intent.wanted === "stop") return "stopped";
  if (acting) return "runs";
  if (intent.atBoot === false) return "disabled";
  // It runs without keepers: a start gives it new ones.
  if (program) return "start";
  if (state && isOver(phase)) {
    // A signal to its keeper was a shutdown: of the machine, of a container or a user's manager, where the boot is the same one.
    if (phase === "stopped") return "start";
    // Since this boot somebody has seen it end, and whoever restarts a unit does not mean to try again.
    if (!rebooted) return "over";
    return phase === "finished" && intent.atBoot !== true ? "over" : "start";
  }
  return "start";
}

/** As it stands now: whether the next boot will start it, were the machine to go down at this moment. */
export function startsAtNextBoot(
  { intent, phase }: Pick<ObservedDaemon, "intent" | "phase">,
): BootDecision {
  if (!intent) return "unknown";
  if (intent.wanted === "stop") return "stopped";
  if (intent.atBoot === false) return "disabled";
  return phase === "finished" && intent.atBoot !== true ? "over" : "start";
}
