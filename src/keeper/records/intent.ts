import type { ProcessIdentity } from "../../termination/identity.ts";

/**
 * What a daemon's owner wants: it survives keepers and reboots. Stored as `intent.json`, apart from the actual state.
 */
export interface Intent {
  readonly schema: 1;
  readonly wanted: "run" | "stop";
  /** Incremented by every command. */
  readonly serial: number;
  /** The serial of the last `start` or `restart`: a program started for an older one is replaced. */
  readonly startSerial: number;
  /** For a daemon with a schedule: run once at once. */
  readonly runNow?: true;
  /**
   * Whether to start it at boot, if its owner has said so; by default it is started if wanted to run, unless it had
   * finished. Other commands leave it unchanged.
   */
  readonly atBoot?: boolean;
  /** The command in words: `imp stop web`. */
  readonly by: string;
  /** The process that acts on it, while it runs: the keeper leaves the work to it. */
  readonly actor?: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /**
   * The previous command wanted it stopped, and that may have ended the program without its keeper having seen it yet.
   */
  readonly stopped?: { readonly by: string; readonly at: number };
}

/**
 * Pure: the next intent after a command.
 * @param before undefined for the first one
 * @param change with `run` a running program is replaced
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
