import { assertEquals } from "@std/assert";
import { partsAmong, shiftParts } from "../../../src/logs/rotate/parts.ts";

Deno.test("parts of a log: numbers behind its name, the oldest first", () => {
  const names = [
    "web.log",
    "web.log.1",
    "web.log.10",
    "web.log.2",
    "web.log.01",
    "web.log.gz",
    "a",
  ];
  assertEquals(partsAmong([...names, "web.log.2.gz", "web.logx.3", "web.log."], "web.log"), [
    10,
    2,
    1,
  ]);
});

Deno.test("parts of a log make room; one more than are kept goes", () => {
  assertEquals(shiftParts([], 3), { remove: [], rename: [] });
  assertEquals(shiftParts([1], 3), { remove: [], rename: [[1, 2]] });
  assertEquals(shiftParts([3, 2, 1], 3), { remove: [3], rename: [[2, 3], [1, 2]] });
  assertEquals(shiftParts([9, 3, 2, 1], 3), { remove: [9, 3], rename: [[2, 3], [1, 2]] });
  assertEquals(shiftParts([2, 1], 1), { remove: [2, 1], rename: [] });
  assertEquals(shiftParts([2, 1], 0), { remove: [2, 1], rename: [] });
});

Deno.test("parts of a log: done again after a kill, a shift harms nothing", () => {
  // Killed after 2 -> 3 and 1 -> 2.
  assertEquals(shiftParts([3, 2], 3), { remove: [], rename: [] });
  // Killed after 2 -> 3.
  assertEquals(shiftParts([3, 1], 3), { remove: [], rename: [[1, 2]] });
});

Deno.test("parts of a log: killed anywhere and done again, every part is there once, in order", () => {
  for (let keep = 1; keep <= 4; keep++) {
    for (let parts = 0; parts <= 5; parts++) {
      for (let steps = 0; steps < 12; steps++) {
        // Content: the number that a part had before.
        const files = new Map(Array.from({ length: parts }, (_, i) => [i + 1, i + 1]));
        perform(files, keep, steps);
        perform(files, keep, Infinity);
        assertEquals(files.has(1), false);
        const rest = [...files].sort(([a], [b]) => a - b).map(([, content]) => content);
        const expected = Array.from({ length: Math.min(parts, keep - 1) }, (_, i) => i + 1);
        assertEquals(rest, expected, `keep ${keep}, ${parts} parts, ${steps} steps`);
      }
    }
  }
});

function perform(files: Map<number, number>, keep: number, steps: number): void {
  const { remove, rename } = shiftParts([...files.keys()].sort((a, b) => b - a), keep);
  let done = 0;
  for (const number of remove) if (done++ < steps) files.delete(number);
  for (const [from, to] of rename) {
    if (done++ >= steps) return;
    files.set(to, files.get(from)!);
    files.delete(from);
  }
}
