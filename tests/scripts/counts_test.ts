import { assertEquals } from "@std/assert";
import { countHarness, countJunit, judge, sum } from "../../scripts/lib/counts.ts";

Deno.test("a JUnit report: ignored tests are neither passed nor failed", () => {
  const xml = `<?xml version="1.0"?>
<testsuites name="deno test" tests="6" failures="2" errors="1" time="0.062">
  <testsuite name="a" tests="6" disabled="1" errors="0" failures="2">
    <testcase name="c"><skipped/></testcase>`;
  assertEquals(countJunit(xml), { passed: 2, failed: 3 });
});

Deno.test("no report counts nothing, and the suite's failure counts once", () => {
  assertEquals(countJunit(""), { passed: 0, failed: 0 });
  assertEquals(judge(countJunit(""), false), { passed: 0, failed: 1 });
});

Deno.test("a suite that failed beyond its named failures is not counted twice", () => {
  assertEquals(judge({ passed: 3, failed: 2 }, false), { passed: 3, failed: 2 });
  assertEquals(judge({ passed: 3, failed: 0 }, true), { passed: 3, failed: 0 });
});

Deno.test("the contract harness is counted by its last line only", () => {
  assertEquals(countHarness("ran 9 tests, 9 failed\na ... ok\n\nran 4 tests, 1 failed\n"), {
    passed: 3,
    failed: 1,
  });
  assertEquals(countHarness("ran 4 tests, 0 failed\nSegmentation fault"), { passed: 0, failed: 0 });
});

Deno.test("counts add up", () => {
  assertEquals(sum([{ passed: 1, failed: 2 }, { passed: 3, failed: 4 }]), { passed: 4, failed: 6 });
});
