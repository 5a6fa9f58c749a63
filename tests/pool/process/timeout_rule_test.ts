import { assertEquals, assertThrows } from "@std/assert";
import { parseDuration } from "../../../src/base/duration.ts";
import { UsageError } from "../../../src/base/errors.ts";
import { parseTermSequence } from "../../../src/pool/process/timeout_rule.ts";

Deno.test("a sequence of signals, each with the time to obey it", () => {
  assertEquals(parseTermSequence("TERM,5s,KILL", parseDuration), [
    { signal: 15, wait: 5000 },
    { signal: 9, wait: 0 },
  ]);
  // GNU parallel's own: bare numbers are milliseconds.
  assertEquals(parseTermSequence("INT,200,TERM", parseDuration), [
    { signal: 2, wait: 200 },
    { signal: 15, wait: 0 },
  ]);
  assertThrows(() => parseTermSequence("NOSUCH,1s", parseDuration), UsageError);
});
