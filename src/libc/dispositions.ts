import { libc } from "./load.ts";
import { allocate, scratch } from "./memory.ts";
import { SIGACTION_BYTES, SIGRTMAX } from "./signals.ts";

const c = libc("sigaction");

const SIG_IGN = 1n;

/** The signals that this process ignores, asked of the kernel itself: /proc may be missing. */
export function ignoredSignals(): number[] {
  const ignored: number[] = [];
  scratch(() => {
    const action = allocate(SIGACTION_BYTES);
    for (let n = 1; n <= SIGRTMAX; n++) {
      // The handler is the first word of the structure in glibc and musl. libc's own signals fail with EINVAL.
      if (
        c.sigaction(n, 0, action.address) === 0 && action.view.getBigUint64(0, true) === SIG_IGN
      ) {
        ignored.push(n);
      }
    }
  });
  return ignored;
}
