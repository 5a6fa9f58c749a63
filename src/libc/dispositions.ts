import { libc } from "./load.ts";
import { allocate, scratch } from "./memory.ts";
import { SIGACTION_BYTES, SIGRTMAX } from "./signals.ts";

const c = libc("sigaction");

const SIG_DFL = 0n, SIG_IGN = 1n;

/** The signals that this process ignores, asked of the kernel itself: /proc may be missing. */
export function ignoredSignals(): number[] {
  const numbers = Array.from({ length: SIGRTMAX }, (_, i) => i + 1);
  return numbers.filter((n) => handlerOf(n) === SIG_IGN);
}

/** Whether this process, imp or its runtime, has a handler for a signal. */
export function isCaught(number: number): boolean {
  const handler = handlerOf(number);
  return handler !== undefined && handler !== SIG_DFL && handler !== SIG_IGN;
}

/** Undefined for what is no signal, and for libc's own: EINVAL. */
function handlerOf(number: number): bigint | undefined {
  return scratch(() => {
    const action = allocate(SIGACTION_BYTES);
    if (c.sigaction(number, 0, action.address) !== 0) return undefined;
    // The first word of the structure in glibc and musl.
    return action.view.getBigUint64(0, true);
  });
}
