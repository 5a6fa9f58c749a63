import { assertEquals } from "@std/assert";
import { successionOf } from "../../../src/logs/rotate/succession.ts";

Deno.test("succession: to a whole file that can be executed", () => {
  const file = { kind: "file" as const, mode: 0o755, size: 1, modified: 10_000 };
  assertEquals(successionOf(undefined, 20_000), "none");
  assertEquals(successionOf(file, 20_000), "leave");
  assertEquals(successionOf(file, 11_000), "settling");
  // A clock that was set back.
  assertEquals(successionOf(file, 9000), "leave");
  for (const less of [{ mode: 0o644 }, { size: 0 }, { kind: "directory" as const }]) {
    assertEquals(successionOf({ ...file, ...less }, 20_000), "none");
  }
});
