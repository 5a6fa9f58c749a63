import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  countHarness,
  countJunit,
  judge,
  NONE,
  sum,
  told,
  withoutSkips,
} from "../../scripts/lib/counts.ts";

Deno.test("a JUnit report: ignored tests are neither passed nor failed", () => {
  const xml = `<?xml version="1.0"?>
<testsuites name="deno test" tests="6" failures="2" errors="1" time="0.062">
  <testsuite name="a" tests="6" disabled="1" errors="0" failures="2">
    <testcase name="c"><skipped/></testcase>`;
  const { passed, failed } = countJunit(xml);
  assertEquals([passed, failed], [2, 3]);
});

Deno.test("a JUnit report: failures are named with their reason", () => {
  const xml = `<testsuites name="deno test" tests="2" failures="1" errors="0" time="0.1">
  <testsuite name="./a_test.ts" tests="2" disabled="0" errors="0" failures="1">
    <testcase name="a &lt;b&gt; &amp;amp;" classname="./a_test.ts" time="0.006" line="1" col="6">
      <failure message="Uncaught Error: no">Error: &quot;no&quot;
    at here</failure>
    </testcase>
    <testcase name="good" classname="./a_test.ts" time="0.000" line="3" col="6">
    </testcase>`;
  assertEquals(countJunit(xml).failures, ['a <b> &amp;\n    Error: "no"\n        at here']);
});

Deno.test("no report counts nothing, and the suite's failure counts once", () => {
  assertEquals(countJunit(""), NONE);
  const { failed, failures } = judge("unit", countJunit(""), false);
  assertEquals([failed, failures.length], [1, 1]);
  assertStringIncludes(failures[0], "unit");
});

Deno.test("a suite that failed beyond its named failures is not counted twice", () => {
  const two = { ...NONE, passed: 3, failed: 2, failures: ["a", "b"] };
  assertEquals(judge("unit", two, false), two);
  assertEquals(judge("unit", NONE, true), NONE);
});

Deno.test("the contract harness is counted by its last line only", () => {
  const { passed, failed } = countHarness(
    "ran 9 tests, 9 failed\na ... ok\n\nran 4 tests, 1 failed\n",
  );
  assertEquals([passed, failed], [3, 1]);
  assertEquals(countHarness("ran 4 tests, 0 failed\nSegmentation fault"), NONE);
});

Deno.test("the contract harness: failures are named with their reason", () => {
  const output = "a ... FAILED\nb ... ok\n\na\nError: no\n    at here\n\nran 2 tests, 1 failed\n";
  const [failure] = countHarness(output).failures;
  assertStringIncludes(failure, "a\n    Error: no\n");
  assertEquals(countHarness("a ... FAILED\nAborted").failures, ["a"]);
});

Deno.test("a test that says that it is skipped has not passed", () => {
  const counts = withoutSkips({ ...NONE, passed: 3 }, "b: it needs root\n");
  assertEquals([counts.passed, counts.skipped], [2, ["b: it needs root"]]);
  assertEquals(told(counts), "2 passed, 0 failed, 1 skipped");
  assertEquals(told(NONE), "0 passed, 0 failed");
});

Deno.test("counts add up", () => {
  assertEquals(
    sum([
      { passed: 1, failed: 2, skipped: ["x"], failures: ["a", "b"] },
      { passed: 3, failed: 1, skipped: ["y"], failures: ["c"] },
    ]),
    { passed: 4, failed: 3, skipped: ["x", "y"], failures: ["a", "b", "c"] },
  );
});
