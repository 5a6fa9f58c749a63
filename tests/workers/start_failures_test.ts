import { assert, assertEquals } from "@std/assert";
import { StartFailures } from "../../src/workers/start_failures.ts";

Deno.test("StartFailures: so many in a row by their own doing, more where others may have ended them", () => {
  const failures = new StartFailures(3, 100);
  assert(failures.none);
  assertEquals([true, true].map((own) => failures.failed(own)), [false, false]);
  assert(!failures.none);
  failures.succeeded();
  assert(failures.none);
  assertEquals([true, true, true].map((own) => failures.failed(own)), [false, false, true]);
  const killed = new StartFailures(3, 100);
  const outcomes = Array.from({ length: 100 }, () => killed.failed(false));
  assertEquals([outcomes.indexOf(true), outcomes.length], [99, 100]);
});

Deno.test("StartFailures: with one number nobody asks whose doing it was", () => {
  const failures = new StartFailures(2);
  assertEquals([false, false].map((own) => failures.failed(own)), [false, true]);
});
