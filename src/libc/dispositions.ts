import { libc } from "./load.ts";
import { runtime } from "../runtime/mod.ts";
import { allocate, type Block, scratch } from "./memory.ts";
import { SIGACTION_BYTES, SIGRTMAX } from "./signals.ts";

const c = libc("sigaction");

/** Where glibc and musl have the flags: behind the handler and a mask of 128 bytes. */
const FLAGS_AT = 136;
const SIG_DFL = 0n, SIG_IGN = 1n;

/** The signals that this process ignores, asked of the kernel itself: /proc may be missing. */
export function ignoredSignals(): number[] {
  const numbers = Array.from({ length: SIGRTMAX }, (_, i) => i + 1);
  return numbers.filter((n) => handlerOf(n) === SIG_IGN);
}

/**
 * Whether whoever started imp ignored SIGPIPE. The runtime ignores it in any case, but leaves an action that was so already
 * as exec leaves it, without flags (scripts/gate/gate.ts). From source, where it does not, the answer is no.
 */
export function callerIgnoresSigpipe(): boolean {
  const SIGPIPE = 13, SA_RESTART = 0x10000000;
  if (!runtime.compiled) return false;
  return scratch(() => {
    const action = actionOf(SIGPIPE);
    return action?.view.getBigUint64(0, true) === SIG_IGN &&
      (action.view.getInt32(FLAGS_AT, true) & SA_RESTART) === 0;
  });
}

/** Whether this process, imp or its runtime, has a handler for a signal. */
export function isCaught(number: number): boolean {
  const handler = handlerOf(number);
  return handler !== undefined && handler !== SIG_DFL && handler !== SIG_IGN;
}

/** Undefined for what is no signal, and for libc's own: EINVAL. */
function handlerOf(number: number): bigint | undefined {
  return scratch(() => {
    // The first word of the structure in glibc and musl.
    return actionOf(number)?.view.getBigUint64(0, true);
  });
}

function actionOf(number: number): Block | undefined {
  const action = allocate(SIGACTION_BYTES);
  return c.sigaction(number, 0, action.address) === 0 ? action : undefined;
}
