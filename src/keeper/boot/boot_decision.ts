// Pure: what a boot does with a kept daemon.
import type { ObservedDaemon } from "../observe/observed.ts";
import { isOver } from "../observe/observed.ts";

/** What to do for a daemon at boot, or why nothing. */
export type BootDecision =
  | "start"
  /** It already runs, or is kept. */
  | "runs"
  | "disabled"
  /** By a command; it stays stopped. */
  | "stopped"
  /** It had ended by itself without being enabled; or it has since this boot. */
  | "over"
  /** No record says what is wanted. */
  | "unknown";

/** The owner's wish decides first, then what it did when the machine went down. Rules in order of precedence. */
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
    // A signal to its keeper was a shutdown: of the machine, or of a container or a user's manager within the same
    // boot.
    if (phase === "stopped") return "start";
    // It has ended since this boot, and restarting a unit is not meant to retry it.
    if (!rebooted) return "over";
    return phase === "finished" && intent.atBoot !== true ? "over" : "start";
  }
  return "start";
}

/** In its present state: whether the next boot will start it, if the machine went down now. */
export function startsAtNextBoot(
  { intent, phase }: Pick<ObservedDaemon, "intent" | "phase">,
): BootDecision {
  if (!intent) return "unknown";
  if (intent.wanted === "stop") return "stopped";
  if (intent.atBoot === false) return "disabled";
  return phase === "finished" && intent.atBoot !== true ? "over" : "start";
}
