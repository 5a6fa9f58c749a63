import type { ProcessIdentity } from "../../termination/identity.ts";

/** What a daemon's owner wants: it outlives keepers and reboots. Kept as `intent.json`, apart from what is. */
export interface Intent {
  readonly schema: 1;
  readonly wanted: "run" | "stop";
  /** Grows by one with every command. */
  readonly serial: number;
  /** The serial of the last `start` or `restart`: a program that was started for an older one is replaced by a new one. */
  readonly startSerial: number;
  /** Of a daemon with a schedule: to run once at once. */
  readonly runNow?: true;
  /**
   * Whether it is started at boot, where its owner has said so; else what is wanted to run is, unless it had finished. Commands that
   * want something else leave it as it is.
   */
  readonly atBoot?: boolean;
  /** The command in words: `imp stop web`. */
  readonly by: string;
  /** The process that acts on it, while it lives: the keeper leaves the work to it. */
  readonly actor?: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The command before wanted it stopped, and the program may have ended for that: its keeper may not have seen it yet. */
  readonly stopped?: { readonly by: string; readonly at: number };
}

/**
 * Pure: what follows an intent when a command wants something.
 * @param before undefined for the first one
 * @param change with `run` a program that runs already is replaced by a new one
 */
export function nextIntent(
  before: Intent | undefined,
  change: Pick<Intent, "wanted" | "by" | "actor" | "at" | "runNow" | "atBoot">,
): Intent {
  const serial = (before?.serial ?? 0) + 1;
  const startSerial = change.wanted === "run" ? serial : before?.startSerial ?? 0;
  const stopped = before?.wanted === "stop" && change.wanted === "run"
    ? { stopped: { by: before.by, at: before.at } }
    : {};
  const atBoot = change.atBoot ?? before?.atBoot;
  const boot = atBoot === undefined ? {} : { atBoot };
  return { schema: 1, ...change, serial, startSerial, ...boot, ...stopped };
}
