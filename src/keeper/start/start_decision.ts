// Pure: what a start does with what it finds.
import type { ObservedDaemon } from "../observe/observed.ts";
import type { SettingDifference } from "./settings_difference.ts";

/** What is found under the lock of the name. */
export interface StartFinding {
  readonly observed: Pick<ObservedDaemon, "phase" | "program" | "acting" | "intent" | "state"> & {
    readonly rebooted?: boolean;
  };
  /** Somebody keeps it whom no record names: waiters that leave, or a turn whose waiters were killed. */
  readonly strangers: boolean;
  /** The waiters that live have been told to leave. */
  readonly leaving: boolean;
  /** Between the settings on record and those that are asked for; none when nothing is asked for. */
  readonly differences: readonly SettingDifference[];
  readonly replace: boolean;
  /** One that has a schedule is to run at once. */
  readonly runNow: boolean;
  /** What an earlier run had left was ended by this command. */
  readonly cleaned: boolean;
  /** This command has waited so long already that what is about to end will not. */
  readonly patient: boolean;
}

export type StartDecision =
  /** Known with other settings, and they are not to be replaced. */
  | "changed"
  /** It runs without keepers: give it new ones. */
  | "adopt"
  | "running"
  /** It waits for its time. */
  | "scheduled"
  /** It waits for somebody who connects. */
  | "listening"
  /** It waits for a change, for a file or a port. */
  | "at rest"
  /** Another start is at it. */
  | "being started"
  /** Something is about to change by itself: look again in a moment. */
  | "look again"
  /** End it, or what it has left, then look again. */
  | "stop first"
  /** Its keeper waits: tell it to start at once. */
  | "wake"
  | "raise";

/** Read from top to bottom. */
export function decideStart(
  { observed, strangers, leaving, differences, replace, runNow, cleaned, patient }: StartFinding,
): StartDecision {
  const { phase, program, acting, intent, state } = observed;
  if (differences.length > 0 && !replace) return "changed";
  if (strangers || leaving) return patient ? "look again" : "wake";
  const stopped = intent?.wanted === "stop";
  // Whoever stops it is waited for; not for ever.
  if (stopped && acting && (program || phase === "stopping")) {
    return patient ? "look again" : "stop first";
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
        // Keepers that leave; or such as have begun for an intent that the state does not know of yet.
        if (!stopped && intent && older) return "being started";
    }
    return patient ? "look again" : "wake";
  }
  // Nothing was left at rest, and what it has missed is to be made up for: a stop would forget that.
  const rests = ["scheduled", "watching", "pending"].includes(state?.phase ?? "");
  const atRest = rests && differences.length === 0;
  // Nothing outlives the machine's going down.
  return phase === "lost" && !cleaned && !atRest && !observed.rebooted ? "stop first" : "raise";
}
