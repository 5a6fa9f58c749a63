import { assertEquals, assertMatch } from "@std/assert";
import { isAtLeast, syncWarning } from "../../../src/queue/connection/versions.ts";

Deno.test("versions of servers", () => {
  assertEquals(isAtLeast("2.9.10", "2.9.0"), true);
  assertEquals(isAtLeast("2.8.4", "2.9.0"), false);
  assertEquals(isAtLeast("2.10.0-beta.3", "2.9.99"), true);
  assertEquals(isAtLeast("3.0.0", "2.10.0"), true);
  assertEquals(isAtLeast("unknown", "2.10.0"), true);
});

Deno.test("one replica that is not written to the disk at once is reported", () => {
  assertMatch(syncWarning("2.9.10", 1, undefined)!, /2\.9\.10 has no .*2\.10\.0 has/);
  assertMatch(syncWarning("2.10.7", 1, undefined)!, /unless the server has/);
  assertMatch(syncWarning("2.10.7", 1, false)!, /is not 'always'/);
  assertEquals(syncWarning("2.10.7", 1, true), undefined);
  assertEquals(syncWarning("2.9.10", 3, undefined), undefined);
});
