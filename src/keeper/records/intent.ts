/** What a daemon's owner wants: it outlives keepers and reboots. Kept as `intent.json`, apart from what is. */
export interface Intent {
  readonly schema: 1;
  readonly wanted: "run" | "stop";
  /** Grows by one with every command. */
  readonly serial: number;
  /** The serial of the last `start` or `restart`: a program that was started for an older one is replaced by a new one. */
  readonly startSerial: number;
  /** The command in words: `imp stop web`. */
  readonly by: string;
  /** The process that acts on it, while it lives: the keeper leaves the work to it. */
  readonly actor?: { readonly pid: number; readonly startTicks: number };
  /** Milliseconds since the epoch. */
  readonly at: number;
}
