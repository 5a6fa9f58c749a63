import type { Dependency } from "./dependencies.ts";
import type { FilePosition } from "./mistakes.ts";

/** What a file says: daemons that belong together. */
export interface Project {
  /** Absolute, without links: daemons' records name their owner by it. */
  readonly file: string;
  /** As the user named it. */
  readonly shown: string;
  /** The directory of the file: relative paths start here. */
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

/** An option of `imp start`, as given in a file. */
export interface GivenOption {
  readonly name: string;
  /** Undefined: an option without value. */
  readonly text?: string;
  /** Only called if something is wrong: the file is parsed again to find it. */
  readonly position: () => FilePosition;
}

export interface ProjectDependency extends Dependency {
  readonly position: () => FilePosition;
}
