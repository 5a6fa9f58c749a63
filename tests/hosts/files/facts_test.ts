import { assertEquals } from "@std/assert";
import { isThere } from "../../../src/hosts/files/facts.ts";
import type { EntryFacts } from "../../../src/hosts/files/messages.ts";

const FACTS: EntryFacts = {
  ...{ kind: "file", mode: 0o644, seconds: 1000, nanoseconds: 1, size: 3 },
  ...{ inode: 7, isRecent: false },
};

Deno.test("a file of that size and time is there, unless it may have changed since without another time, on either machine", () => {
  const says = (there: Partial<EntryFacts>, offered: Partial<EntryFacts> = {}) =>
    isThere({ ...FACTS, inode: 8, ...there }, { ...FACTS, ...offered });
  assertEquals(says({}), true);
  assertEquals(says({ size: 4 }), false);
  assertEquals(says({ nanoseconds: 2 }), false);
  assertEquals(says({ kind: "link" }), false);
  assertEquals([says({ isRecent: true }), says({}, { isRecent: true })], [false, false]);
  assertEquals(says({ isRecent: true, inode: 7 }, { isRecent: true }), true, "the file itself");
});
