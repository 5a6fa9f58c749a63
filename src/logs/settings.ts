/** Where the output of a kept daemon goes. */
export interface LogSettings {
  /** Absolute; undefined: nowhere. */
  readonly stdout?: string;
  /** Absolute; the same as `stdout` by default. */
  readonly stderr?: string;
  /** Cut at this size; never when left out. */
  readonly maxBytes?: number;
  /** So many old parts are kept. */
  readonly keep: number;
  /** Anything but raw needs a reader: pipe mode. */
  readonly format: "raw" | "time" | "json";
  readonly target: "file" | "syslog";
  /** The program has a terminal of its own, and its output is what it writes there. */
  readonly terminal?: true;
  /** The signal on which the program opens its log again, for rotation by rename. */
  readonly reopenSignal?: number;
}
