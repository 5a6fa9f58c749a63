import { RLIMIT_LOCKS } from "../libc/abi.ts";
import { getLimit, limitBlock } from "../libc/users/limits.ts";
import { libc } from "../libc/calling/load.ts";
import { readLimits } from "../procfs/limits.ts";
import { Unreadable } from "../procfs/read.ts";

/** Each pool has a range of its own, by chance, so that pools within pools can tell theirs. */
const POOLS = 2 ** 31, ATTEMPTS = 2 ** 20;

const c = libc("setrlimit");

/**
 * Tells what one attempt has started from what others have, wherever it hides: in a session of its own, without its parent,
 * with another environment. The mark is the soft limit on file locks, of which Linux has taken no notice since 2.4.25,
 * getrlimit(2). Children inherit it, and /proc shows it to everybody.
 */
export class AttemptMark {
  private readonly first = (1 + Math.floor(Math.random() * POOLS)) * ATTEMPTS;
  private readonly hard = getLimit(RLIMIT_LOCKS).hard;
  private readonly limit = limitBlock({ soft: this.first, hard: this.hard });
  private count = 0;

  /** What is started from now on has another mark. @returns it; 0 where the caller's hard limit leaves no room for any */
  renew(): number {
    if (this.hard < this.first + ATTEMPTS) return 0;
    const mark = this.first + this.count++ % ATTEMPTS;
    this.limit.view.setBigUint64(0, BigInt(mark), true);
    return c.setrlimit(RLIMIT_LOCKS, this.limit.address) === 0 ? mark : 0;
  }
}

/** The mark that a process has inherited; undefined when it has ended. */
export function markOf(pid: number): number | undefined {
  const limits = readLimits(pid);
  return limits instanceof Unreadable ? undefined : limits.get("locks")?.soft;
}
