import type { LogPlace } from "../place.ts";
import type { TerminalStory } from "../terminal/story.ts";

/** A daemon whose log may have to be read or watched. */
export interface WatchedDaemon {
  readonly place: LogPlace;
  /** Whether some of it may still write. */
  readonly runs: boolean;
  /** Signals its main process. */
  signal(number: number): void;
  /** What became of it, for clients attached to its terminal; undefined if it has none. */
  readonly story?: TerminalStory;
  /** Makes its keeper repeat its initial work, such as handing over its terminal. */
  wakeKeeper(): void;
}

/** Where to find daemons. */
export interface DaemonSource {
  readonly home: string;
  /** Directories in which files are replaced when something changes. */
  directories(): string[];
  /**
   * @param changed directories in which something has changed since the last call: other daemons are unchanged;
   *   undefined: all are examined
   */
  daemons(changed?: ReadonlySet<string>): WatchedDaemon[];
}
