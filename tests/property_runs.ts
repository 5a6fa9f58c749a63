/** The seed of all property tests, and how many examples they try; `scripts/test` loads this before them. */
import fc from "fast-check";
import { runtime } from "../src/runtime/mod.ts";
import { SEED } from "./seed.ts";

const TIMES = Number(runtime.env("IMP_TEST_RUNS") ?? 1);

/** For a property that tries another number of examples than the usual one. */
export function runs(usual: number): { numRuns: number } {
  return { numRuns: usual * TIMES };
}

fc.configureGlobal({ seed: SEED, ...runs(100) });
