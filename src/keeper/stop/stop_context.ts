import type { SharedLooks } from "../../termination/shared_looks.ts";
import type { KeptTags } from "../tree/kept_tags.ts";
import type { StopGrace } from "./stop_outcome.ts";

/** What the stops of one command have in common. */
export interface StopContext {
  /** The command in words, without the name: `imp stop`. */
  readonly command: string;
  readonly grace: StopGrace;
  readonly looks: SharedLooks;
  readonly tags: KeptTags;
  /** The intent by which the stop was decided on: a command that has come since counts. */
  readonly decidedAt?: number;
  /** Its sockets that stay open, by the paths of their files. */
  readonly keptPaths?: readonly string[];
  /** It is stopped even where that cannot be written down: on a full disk. */
  readonly evenUnrecorded?: boolean;
  /** Whether a signal asks the command to return. */
  readonly isInterrupted: () => boolean;
}
