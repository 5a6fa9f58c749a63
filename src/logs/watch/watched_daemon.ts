import type { LogPlace } from "../place.ts";
import type { TerminalStory } from "../terminal/story.ts";

/** A daemon whose log may have to be read or looked after. */
export interface WatchedDaemon {
  readonly place: LogPlace;
  /** Whether something of it may still write. */
  readonly runs: boolean;
  /** Signals its main process. */
  signal(number: number): void;
  /** What became of it, for those who are attached to its terminal; undefined when it has none. */
  readonly story?: TerminalStory;
  /** Has its keeper do what it does at its beginning: among others, hand over its terminal. */
  wakeKeeper(): void;
}

/** Where daemons are found. */
export interface DaemonSource {
  readonly home: string;
  /** Directories in which files are replaced when something changes. */
  directories(): string[];
  /** @param changed directories in which something has changed since the last call: what is known of the other daemons still holds; undefined: all are looked at */
  daemons(changed?: ReadonlySet<string>): WatchedDaemon[];
}
