import type { SharedLooks } from "../../termination/shared_looks.ts";
import type { KeptTags } from "../tree/kept_tags.ts";
import type { StopGrace } from "./stop_outcome.ts";

/** Common to the stops of one command. */
export interface StopContext {
  /** The command in words, without the name: `imp stop`. */
  readonly command: string;
  readonly grace: StopGrace;
  readonly looks: SharedLooks;
  readonly tags: KeptTags;
  /** The intent on which the stop was based: a later command takes precedence. */
  readonly decidedAt?: number;
  /** Its sockets that stay open, by file path. */
  readonly keptPaths?: readonly string[];
  /** Stop it even if that cannot be recorded: on a full disk. */
  readonly evenUnrecorded?: boolean;
  /** Whether a signal asks the command to return. */
  readonly isInterrupted: () => boolean;
}
