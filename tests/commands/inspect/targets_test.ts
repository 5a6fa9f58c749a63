import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/base/errors.ts";
import { inspectTarget } from "../../../src/commands/inspect/targets.ts";

Deno.test("inspectTarget: a PID, a port, a pidfile, a name", () => {
  const by = (word: string) => inspectTarget(word).by;
  assertEquals(inspectTarget("4242"), { by: "pid", word: "4242", pid: 4242 });
  assertEquals(inspectTarget(":080"), { by: "port", word: ":080", port: 80 });
  assertEquals(["/run/x", "./x", "x.pid"].map(by), ["pidfile", "pidfile", "pidfile"]);
  assertEquals(["nginx", "web@2", "web-*", "1e3", "42x", ":x"].map(by), Array(6).fill("name"));
});

Deno.test("inspectTarget: what can be none of these", () => {
  for (const word of ["", "0", "99999999999999999999", ":0", ":65536"]) {
    assertThrows(() => inspectTarget(word), UsageError);
  }
});
