/** Where a kept daemon's output goes. */
export interface LogSettings {
  /** Absolute; undefined: nowhere. */
  readonly stdout?: string;
  /** Absolute; the same as `stdout` by default. */
  readonly stderr?: string;
  /** The size at which it is cut; by default never. */
  readonly maxBytes?: number;
  /** How many old parts are kept. */
  readonly keep: number;
  /** All except raw need a reader: pipe mode. */
  readonly format: "raw" | "time" | "json";
  readonly target: "file" | "syslog";
  /** The program has a terminal of its own, and its output is what it writes there. */
  readonly terminal?: true;
  /** The signal that makes the program reopen its log, for rotation by rename. */
  readonly reopenSignal?: number;
}
