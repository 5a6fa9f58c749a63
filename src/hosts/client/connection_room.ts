import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { RLIMIT_NOFILE } from "../../libc/abi.ts";
import { getLimit, setLimit } from "../../libc/users/limits.ts";

/** What imp itself has open, with files in memory for what jobs write. */
const OWN_FILES = 32;
/** The pipes of a connection, and one more for its files. */
const FILES_OF_EACH = 4;

/** How many hosts may be connected to, as far as open files go. */
export class ConnectionRoom {
  /** As imp's caller has set it: what is started has it again. */
  readonly callers = getLimit(RLIMIT_NOFILE);
  readonly most = mostConnections(this.callers.hard);

  constructor() {
    const { hard } = this.callers;
    setLimit(RLIMIT_NOFILE, { soft: hard, hard });
  }

  /** Why so many hosts cannot be connected to at once. */
  refusal(hosts: number): ImpError {
    return new ImpError({
      ...{ action: "connect to", object: `${hosts} hosts at once`, exit: EXIT.failed },
      why: `imp may have ${this.callers.hard} files open, enough for ${this.most}`,
      hint: `allow ${OWN_FILES + hosts * FILES_OF_EACH} with ulimit -n`,
    });
  }
}

/** @param files that may be open */
export function mostConnections(files: number): number {
  return Math.max(1, Math.floor((files - OWN_FILES) / FILES_OF_EACH));
}
