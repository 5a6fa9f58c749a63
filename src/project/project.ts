import type { Dependency } from "./dependencies.ts";
import type { FilePosition } from "./mistakes.ts";

/** What a file says: daemons that belong together. */
export interface Project {
  /** From the root on, without links: by this a daemon's record says to whom it belongs. */
  readonly file: string;
  /** As the user has named it. */
  readonly shown: string;
  /** Where the file lies: relative paths begin here. */
  readonly directory: string;
  /** In the order in which they were read. */
  readonly daemons: readonly ProjectDaemon[];
}

export interface ProjectDaemon {
  readonly name: string;
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly given: readonly GivenOption[];
  readonly depends: readonly ProjectDependency[];
  /** None: it always runs. */
  readonly profiles: readonly string[];
  /** Undefined: the file does not say. */
  readonly atBoot?: boolean;
  readonly position: () => FilePosition;
}

/** An option of `imp start`, as a file gives it. */
export interface GivenOption {
  readonly name: string;
  /** Undefined: an option without value. */
  readonly text?: string;
  /** Asked for only where something is wrong: to know it the file is read once more. */
  readonly position: () => FilePosition;
}

export interface ProjectDependency extends Dependency {
  readonly position: () => FilePosition;
}
