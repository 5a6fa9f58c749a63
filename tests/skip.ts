import { SKIPPED } from "../scripts/lib/counts.ts";

/**
 * Says that a test cannot be made on this machine; the test then returns. scripts/test counts it as skipped and not as
 * passed, so a test says it at most once, and checks nothing.
 */
export function skip(name: string, reason: string): void {
  console.log(`${SKIPPED}${name}: ${reason}`);
}
