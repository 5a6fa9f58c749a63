import fc from "fast-check";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import {
  decideHalt,
  jobStatus,
  needsTotal,
  parseHalt,
  poolStatus,
} from "../../src/pool/rules/halt.ts";
import { parseJobs, resolveJobs } from "../../src/pool/rules/jobs_setting.ts";
import { hasFailed } from "../../src/pool/account/ledger.ts";
import type { Counts, JobEnd, RetryRule } from "../../src/pool/types.ts";
import {
  parseRetries,
  parseRetryOn,
  RETRY_DEFAULTS,
  retryDelay,
} from "../../src/pool/rules/retry.ts";
import { allowedTime, parseTimeout, RunningMedian } from "../../src/pool/process/timeout_rule.ts";

function refused(read: (text: string) => unknown, texts: string[]): void {
  for (const text of texts) {
    const error = assertThrows(() => read(text), UsageError, "", JSON.stringify(text));
    assertStringIncludes(error.message, text);
  }
}

function counts(done: number, failed: number, total?: number): Counts {
  return { done, failed, running: 0, total };
}

Deno.test("halt: what can be written", () => {
  assertEquals(parseHalt("never"), { when: "never" });
  assertEquals(parseHalt("now,fail=1"), { when: "now", on: "fail", threshold: { count: 1 } });
  assertEquals(parseHalt("soon,done=20%"), {
    when: "soon",
    on: "done",
    threshold: { percent: 20 },
  });
  assertEquals(parseHalt("2"), parseHalt("now,fail=1"));
  assertEquals(parseHalt("-1"), parseHalt("soon,success=1"));
  assertEquals(parseHalt("5%"), parseHalt("soon,fail=5%"));
  refused(parseHalt, [
    "",
    "now",
    "now,fail",
    "now,fail=0",
    "now,fail=x",
    "fail=1",
    "now,fail=101%",
  ]);
  refused(parseHalt, ["now,fail=1.5", "soon,fail=3,done=4", "NOW,fail=1"]);
});

Deno.test("halt: when", () => {
  const decide = (rule: string, given: Counts) => decideHalt(parseHalt(rule), given);
  assertEquals(decide("never", counts(9, 9, 9)), "go on");
  assertEquals(decide("now,fail=2", counts(5, 1)), "go on");
  assertEquals(decide("now,fail=2", counts(5, 2)), "now");
  assertEquals(decide("soon,success=4", counts(5, 2)), "go on");
  assertEquals(decide("soon,success=3", counts(5, 2)), "soon");
  assertEquals(decide("soon,done=50%", counts(5, 0, 11)), "go on");
  assertEquals(decide("soon,done=50%", counts(5, 0, 10)), "soon");
  assertEquals(decide("soon,done=1%", counts(5, 0)), "go on");
  const rules = ["soon,done=1%", "soon,done=1", "never"];
  assertEquals(rules.map(parseHalt).map(needsTotal), [true, false, false]);
});

Deno.test("halt: the pool's exit status is GNU parallel's", () => {
  const status = (rule: string, given: Counts, halted: boolean, last = 7) =>
    poolStatus(parseHalt(rule), given, halted, last);
  assertEquals(status("never", counts(9, 0), false), 0);
  assertEquals(status("never", counts(9, 4), false), 4);
  assertEquals(status("never", counts(200, 100), false), 100);
  assertEquals(status("never", counts(200, 101), false), 101);
  assertEquals(status("now,fail=1", counts(1, 1, 4), true), 7);
  assertEquals(status("now,fail=2", counts(2, 2, 4), true), 2);
  assertEquals(status("now,success=1", counts(3, 2, 4), true), 0);
  assertEquals(status("now,success=1", counts(4, 4, 4), false), 4);
  assertEquals(status("soon,fail=30%", counts(2, 2, 4), true), 50);
  assertEquals(status("soon,done=50%", counts(2, 0, 4), true), 0);
  assertEquals(status("soon,fail=1%", counts(1000, 1, 100_000), true), 1);
});

Deno.test("jobs: written and resolved", () => {
  const resolved = (text: string, cores = 4, most = 1000) =>
    resolveJobs(parseJobs(text), cores, most);
  assertEquals(
    ["8", "100%", "150%", "50.5%", "1%", "+2", "-1", "-9", "0"].map((text) => resolved(text)),
    [8, 4, 6, 2, 1, 6, 3, 1, 1000],
  );
  assertEquals(resolved("100%", 1.5), 1);
  assertEquals(resolved("+1", 0.5), 1);
  refused(parseJobs, [
    "",
    "a",
    "2x",
    "0.5",
    "+50%",
    "0%",
    "1e3",
    "-",
    " 2",
    "99999999999999999999",
  ]);
});

const exit = (code: number): JobEnd => ({ by: "itself", ending: { how: "exit", code } });
const signal = (n: number): JobEnd => ({
  by: "itself",
  ending: { how: "signal", signal: n, core: false },
});
const timeout: JobEnd = { by: "timeout", ending: { how: "signal", signal: 15, core: false } };
const stopped: JobEnd = { by: "stop", ending: { how: "signal", signal: 15, core: false } };
const notStarted = (errno: string): JobEnd => ({ by: "start", errno });

Deno.test("retries: which failures", () => {
  const rule: RetryRule = { ...RETRY_DEFAULTS, attempts: 3 };
  const again = (end: JobEnd, on?: string, attempt = 1) =>
    retryDelay(
      { ...rule, on: on === undefined ? undefined : parseRetryOn(on) },
      end,
      attempt,
      0,
    ) !==
      undefined;
  assertEquals([exit(0), exit(1), signal(9), timeout, stopped].map((end) => again(end)), [
    ...[false, true, true],
    true,
    false,
  ]);
  assertEquals([1, 2, 3, 4].map((attempt) => again(exit(1), undefined, attempt)), [
    ...[true, true],
    false,
    false,
  ]);
  assertEquals([exit(75), exit(76), signal(9), timeout].map((end) => again(end, "75,137")), [
    ...[true, false],
    true,
    false,
  ]);
  assertEquals([exit(5), exit(6), timeout].map((end) => again(end, "1-5,timeout")), [
    ...[true, false],
    true,
  ]);
  assertEquals(again(notStarted("E2BIG")), false);
  assertEquals(again(notStarted("EAGAIN"), "75"), true);
  assertEquals(again(exit(1), undefined, 1_000_000), false);
  assertEquals(parseRetries("0"), Infinity);
  assertEquals(parseRetries("3"), 3);
});

Deno.test("retries: what can be written", () => {
  assertEquals([...parseRetryOn("3-5,timeout,137")], [3, 4, 5, "timeout", 137]);
  refused(parseRetryOn, ["", "0", "256", "5-3", "x", "TERM"]);
  refused(parseRetries, ["", "-1", "x", "1.5"]);
});

Deno.test("retries: waits grow up to their limit, chance only shortens them", () => {
  const rule = { attempts: 99, delay: 100, factor: 2, maxDelay: 1000, jitter: 0 };
  const wait = (attempt: number, jitter = 0, random = 0) =>
    retryDelay({ ...rule, jitter }, exit(1), attempt, random);
  assertEquals([1, 2, 3, 4, 5, 90].map((attempt) => wait(attempt)), [
    100,
    200,
    400,
    800,
    1000,
    1000,
  ]);
  assertEquals(wait(1, 0.5, 1), 50);
  fc.assert(fc.property(fc.nat(97), fc.double({ min: 0, max: 1, noNaN: true }), (n, random) => {
    const plain = wait(n + 1)!;
    const chance = wait(n + 1, 0.5, random)!;
    assert(chance >= plain / 2 && chance <= plain);
  }));
});

Deno.test("which jobs failed", () => {
  assertEquals([exit(0), exit(1), signal(9), timeout, notStarted("ENOENT")].map(hasFailed), [
    ...[false, true, true],
    true,
    true,
  ]);
});

Deno.test("the exit status of one job", () => {
  const ends = [exit(3), signal(9), timeout, notStarted("ENOENT"), notStarted("EACCES")];
  assertEquals(ends.map(jobStatus), [3, 137, 124, 127, 126]);
});

Deno.test("timeouts: written and applied", () => {
  const median = new RunningMedian();
  const allowed = (text: string) => allowedTime(parseTimeout(text), median);
  assertEquals(allowed("5s"), 5000);
  assertEquals(allowed("200%"), undefined);
  for (const ms of [100, 1000]) median.add(ms);
  assertEquals(allowed("200%"), undefined);
  median.add(110);
  assertAlmostEquals(allowed("200%")!, 220, 3);
  refused(parseTimeout, ["0", "100%", "50%", "x", "%"]);
});

Deno.test("the running median is the median within 1 %", () => {
  const times = fc.array(fc.double({ min: 0.2, max: 1e9, noNaN: true }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(fc.property(times, (times) => {
    const median = new RunningMedian();
    times.forEach((ms, i) => {
      median.add(ms);
      const sorted = times.slice(0, i + 1).sort((x, y) => x - y);
      const exact = sorted[i >> 1];
      assertAlmostEquals(median.value / exact, 1, 0.01);
    });
  }));
});
