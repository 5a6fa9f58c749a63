import { RLIMIT_NPROC } from "../libc/abi.ts";
import { libc } from "../libc/calling/load.ts";
import { getLimit, limitStruct } from "../libc/users/limits.ts";

/**
 * So many processes fewer than imp itself jobs may start. The runtime starts threads when it needs them, for collecting
 * garbage and for compiling, and dies where it cannot: jobs must not take the last places.
 */
const RESERVED = 8;
/** A limit above this is no tight one, and not worth two system calls for each job. */
const TIGHT = 1 << 15;

const c = libc("setrlimit");

/** Keeps some of what the limit on a user's processes allows for imp, `ulimit -u`. */
export class ProcessReserve {
  private readonly own: number;
  private readonly ofJobs: number;

  private constructor(soft: number, hard: number) {
    this.own = limitStruct({ soft, hard });
    this.ofJobs = limitStruct({ soft: soft - Math.min(RESERVED, soft >> 1), hard });
  }

  /** @returns undefined where no such limit is near */
  static whereNeeded(): ProcessReserve | undefined {
    const { soft, hard } = getLimit(RLIMIT_NPROC);
    return soft > 0 && soft < TIGHT ? new ProcessReserve(soft, hard) : undefined;
  }

  /** Starts a job under the lower limit, which it inherits. */
  around<T>(start: () => T): T {
    c.setrlimit(RLIMIT_NPROC, this.ofJobs);
    try {
      return start();
    } finally {
      c.setrlimit(RLIMIT_NPROC, this.own);
    }
  }
}
