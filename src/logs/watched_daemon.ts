import type { LogPlace } from "./place.ts";

/** A daemon whose log may have to be read or looked after. */
export interface WatchedDaemon {
  readonly place: LogPlace;
  /** Whether something of it may still write. */
  readonly runs: boolean;
  /** Signals its main process. */
  signal(number: number): void;
}

/** Where daemons are found. */
export interface DaemonSource {
  readonly home: string;
  /** Directories in which files are replaced when something changes. */
  directories(): string[];
  daemons(): WatchedDaemon[];
}
