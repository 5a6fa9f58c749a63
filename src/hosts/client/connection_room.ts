import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { raiseOpenFiles } from "../../libc/users/limits.ts";

/** What imp itself has open, including memory files for jobs' output. */
const OWN_FILES = 32;
/** The pipes of a connection, and one more for its files. */
const FILES_OF_EACH = 4;

/** How many hosts can be connected to, given the limit on open files. */
export class ConnectionRoom {
  /** The caller's limit, restored for started programs. */
  readonly callers = raiseOpenFiles();
  readonly most = mostConnections(this.callers.hard);

  /** The error for too many hosts at a time. */
  refusal(hosts: number): ImpError {
    return new ImpError({
      ...{ action: "connect to", object: `${hosts} hosts at once`, exit: EXIT.failed },
      why: `imp may have ${this.callers.hard} files open, enough for ${this.most}`,
      hint: `allow ${OWN_FILES + hosts * FILES_OF_EACH} with ulimit -n`,
    });
  }
}

/** @param files maximum number of open files */
export function mostConnections(files: number): number {
  return Math.max(1, Math.floor((files - OWN_FILES) / FILES_OF_EACH));
}
