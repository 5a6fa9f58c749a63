import { runtime } from "../src/runtime/mod.ts";

/** What is left to chance follows from it. `scripts/test` sets it for all tests. */
export const SEED = Number(runtime.env("IMP_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
