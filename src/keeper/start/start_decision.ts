// Pure: what a start does about what it finds.
import type { ObservedDaemon } from "../observe/observed.ts";
import type { SettingDifference } from "./settings_difference.ts";

/** What is found under the lock of the name. */
export interface StartFinding {
  readonly observed: Pick<ObservedDaemon, "phase" | "program" | "acting" | "intent" | "state"> & {
    readonly rebooted?: boolean;
  };
  /** Somebody not named in the records keeps it: waiters about to leave, or a turn whose waiters were killed. */
  readonly strangers: boolean;
  /** The running waiters were told to leave. */
  readonly leaving: boolean;
  /** Between recorded and requested settings; none if nothing is requested. */
  readonly differences: readonly SettingDifference[];
  readonly replace: boolean;
  /** One with a schedule should run at once. */
  readonly runNow: boolean;
  /** This command has ended what an earlier run had left. */
  readonly cleaned: boolean;
  /** This command has waited so long that what seemed about to end will not. */
  readonly patient: boolean;
}

export type StartDecision =
  /** Known with other settings, which are not to be replaced. */
  | "changed"
  /** It runs without keepers: give it new ones. */
  | "adopt"
  | "running"
  /** It waits for its time. */
  | "scheduled"
  /** It waits for a connection. */
  | "listening"
  /** It waits for a change, a file or a port. */
  | "at rest"
  /** Another start is in progress. */
  | "being started"
  /** Something is about to change by itself: look again in a moment. */
  | "look again"
  /** End it, or its remains, then look again. */
  | "stop first"
  /** Its keeper waits: tell it to start at once. */
  | "wake"
  | "raise";

/** Rules in order of precedence. */
export function decideStart(
  { observed, strangers, leaving, differences, replace, runNow, cleaned, patient }: StartFinding,
): StartDecision {
  const { phase, program, acting, intent, state } = observed;
  if (differences.length > 0 && !replace) return "changed";
  if (strangers || leaving) return patient ? "look again" : "wake";
  const stopped = intent?.wanted === "stop";
  // A stop in progress is waited for; not forever. Without keepers, its command may have been killed.
  if (stopped && (program || (acting && phase === "stopping"))) {
    return acting && patient ? "look again" : "stop first";
  }
  if (program) {
    if (differences.length > 0) return "stop first";
    return acting ? "running" : "adopt";
  }
  if (acting) {
    if (differences.length > 0) return "stop first";
    const older = state === undefined || (intent?.startSerial ?? 0) > state.startSerial;
    switch (phase) {
      case "waiting":
        return older ? "being started" : "wake";
      case "scheduled":
        if (older) return "being started";
        return runNow ? "wake" : "scheduled";
      case "listening":
        return older ? "being started" : "listening";
      case "watching":
        if (older) return "being started";
        return runNow ? "wake" : "at rest";
      case "pending":
        return older ? "being started" : "at rest";
      case "stopping":
        return "being started";
      case "starting":
      case "ended":
        if (!stopped) return "being started";
        break;
      default:
        // Keepers that leave; or that have begun for an intent unknown to the state yet.
        if (!stopped && intent && older) return "being started";
    }
    return patient ? "look again" : "wake";
  }
  // A daemon at rest has left nothing, and what it missed is made up for: a stop would forget that.
  const rests = ["scheduled", "watching", "pending"].includes(state?.phase ?? "");
  const atRest = rests && differences.length === 0;
  // Nothing survives a shutdown.
  return phase === "lost" && !cleaned && !atRest && !observed.rebooted ? "stop first" : "raise";
}
