import { assertEquals } from "@std/assert";
import { changeOf } from "../../../src/libc/processes/changes.ts";

Deno.test("wait statuses: stopped and continued children have not ended", () => {
  assertEquals(changeOf(0xffff), { what: "continued" });
  assertEquals(changeOf(20 << 8 | 0x7f), { what: "stopped", signal: 20 });
  assertEquals(changeOf(3 << 8), { what: "ended", ending: { how: "exit", code: 3 } });
  assertEquals(changeOf(15), { what: "ended", ending: { how: "signal", signal: 15, core: false } });
});
