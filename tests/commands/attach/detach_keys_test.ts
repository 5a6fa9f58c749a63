import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/base/errors.ts";
import { DetachKeys, parseDetachKeys } from "../../../src/commands/attach/detach_keys.ts";

Deno.test("detach keys: as docker writes them", () => {
  assertEquals([...parseDetachKeys("ctrl-p,ctrl-q")], [16, 17]);
  assertEquals([...parseDetachKeys("ctrl-\\,d")], [28, 100]);
  assertEquals([...parseDetachKeys("^a,d")], [1, 100]);
  assertEquals([...parseDetachKeys("ctrl-@")], [0]);
  assertEquals([...parseDetachKeys("none")], []);
  for (const wrong of ["", "ctrl-", "ctrl-1", "ctrl-p,", "abc", "é", " ", "^"]) {
    if (wrong === "^") assertEquals([...parseDetachKeys(wrong)], [94]);
    else assertThrows(() => parseDetachKeys(wrong), UsageError);
  }
});

Deno.test("detach keys: found however they come; what are none goes to the program", () => {
  const typed = (keys: string, ...parts: string[]) => {
    const found = new DetachKeys(parseDetachKeys(keys));
    let sent = "";
    for (const part of parts) {
      const { send, detach } = found.take(new TextEncoder().encode(part));
      sent += new TextDecoder().decode(send);
      if (detach) return `${sent}!`;
    }
    return sent;
  };
  assertEquals(typed("^p,^q", "ab\x10\x11c"), "ab!");
  assertEquals(typed("^p,^q", "a\x10", "\x11"), "a!");
  assertEquals(typed("^p,^q", "\x10x\x11"), "\x10x\x11");
  // Twice is once, and begins nothing.
  assertEquals(typed("^p,^q", "\x10", "\x10", "\x11"), "\x10\x11");
  assertEquals(typed("^p,^q", "\x10\x10\x10\x11"), "\x10!");
  assertEquals(typed("^]", "a\x1db"), "a!");
  assertEquals(typed("none", "\x1cd"), "\x1cd");
  assertEquals(typed("a,b,c", "abxabab", "c"), "abxab!");
});
