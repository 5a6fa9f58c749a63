import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  type EndedRun,
  judgeAttempt,
  type RestartCounts,
  type RestartRules,
} from "../../../src/keeper/policy/restart_policy.ts";

const NONE: RestartCounts = { restarts: 0, failures: 0, restartTimes: [] };
const RULES: RestartRules = { restart: "always", backoff: { firstMs: 100, mostMs: 30_000 } };
const healthy: EndedRun = { kind: "error", failedStart: false, lastedMs: 5000 };
const failing: EndedRun = { kind: "error", failedStart: true, lastedMs: 20 };

function restartOf(...args: Parameters<typeof judgeAttempt>) {
  const verdict = judgeAttempt(...args);
  if (verdict.is !== "restart") throw new Error(`${verdict.is} instead of a restart`);
  return verdict;
}

Deno.test("the first restart after a healthy run comes at once, however it ended", () => {
  for (const kind of ["error", "fault", "killed", "normal", "unknown"] as const) {
    const verdict = restartOf({ ...healthy, kind }, { ...NONE, failures: 7 }, RULES, 0, 0.5);
    assertEquals([verdict.inMs, verdict.counts.failures], [0, 0]);
  }
});

Deno.test("failures in a row double the pause up to the cap, and it never gives up", () => {
  let counts = NONE;
  const pauses: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const verdict = restartOf(failing, counts, RULES, i, 0);
    pauses.push(verdict.inMs);
    counts = verdict.counts;
  }
  assertEquals(pauses.slice(0, 10), [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000]);
  assertEquals(pauses.at(-1), 30_000);
  assertEquals(counts.restarts, 2000);
});

Deno.test("pauses lie between the first one and the cap, whatever is asked for", () => {
  fc.assert(fc.property(
    fc.nat(100_000),
    fc.nat(100_000),
    fc.nat(5000),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(10_000),
    fc.boolean(),
    (firstMs, mostMs, failures, random, lastedMs, failedStart) => {
      const rules: RestartRules = { restart: "always", backoff: { firstMs, mostMs } };
      const attempt = { kind: "error", failedStart, lastedMs } as const;
      const verdict = restartOf(attempt, { ...NONE, failures }, rules, 0, random);
      assert(verdict.inMs >= 0 && verdict.inMs <= Math.max(firstMs, mostMs));
      // Nothing begins sooner after the one before than the first pause.
      assert(lastedMs + verdict.inMs >= firstMs);
    },
  ));
});

Deno.test("who wants no restart gets none, and on-failure only what has failed", () => {
  const is = (restart: RestartRules["restart"], attempt: EndedRun) =>
    judgeAttempt(attempt, NONE, { ...RULES, restart }, 0, 0).is;
  const well: EndedRun = { kind: "normal", failedStart: false, lastedMs: 5000 };
  const short: EndedRun = { kind: "normal", failedStart: true, lastedMs: 5 };
  assertEquals([is("no", well), is("no", failing), is("no", short)], [
    "finished",
    "failed",
    "failed",
  ]);
  assertEquals([is("on-failure", well), is("on-failure", healthy), is("on-failure", short)], [
    "finished",
    "restart",
    "restart",
  ]);
  assertEquals(is("on-failure", { ...well, kind: "unknown" }), "restart");
  assertEquals(is("always", well), "restart");
});

Deno.test("it gives up after so many restarts within a time, and only then", () => {
  const rules: RestartRules = { ...RULES, maxRestarts: { count: 3, withinMs: 10_000 } };
  let counts = NONE;
  for (const now of [0, 1000, 2000]) {
    counts = restartOf(failing, counts, rules, now, 0).counts;
  }
  const verdict = judgeAttempt(failing, counts, rules, 3000, 0);
  assertMatch(
    verdict.is === "failed" ? verdict.reason : verdict.is,
    /^restarted 3 times within 10 s/,
  );
  assertEquals(judgeAttempt(failing, counts, rules, 10_500, 0).is, "restart");
  // A clock that was set back changes nothing.
  assertEquals(judgeAttempt(failing, counts, rules, -5000, 0).is, "restart");
});
