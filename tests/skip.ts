import { appendFileSync } from "node:fs";
import { env } from "node:process";
import { SKIPS } from "../scripts/lib/counts.ts";

/**
 * Reports that this machine cannot run a test; the test then returns. scripts/test counts it as skipped, not as passed,
 * so a test reports it at most once. The report goes to a file, since a quiet `deno test` shows no output.
 */
export function skip(name: string, reason: string): void {
  const file = env[SKIPS];
  if (file === undefined) console.log(`skipped: ${name}: ${reason}`);
  else appendFileSync(file, `${name}: ${reason}\n`);
}
