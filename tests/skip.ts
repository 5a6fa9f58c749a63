import { appendFileSync } from "node:fs";
import { env } from "node:process";
import { SKIPS } from "../scripts/lib/counts.ts";

/**
 * Says that a test cannot be made on this machine; the test then returns. scripts/test counts it as skipped and not as
 * passed, so a test says it at most once. What it writes to is a file, since a quiet `deno test` shows no output.
 */
export function skip(name: string, reason: string): void {
  const file = env[SKIPS];
  if (file === undefined) console.log(`skipped: ${name}: ${reason}`);
  else appendFileSync(file, `${name}: ${reason}\n`);
}
