import { assertEquals } from "@std/assert";
import { childrensSeconds } from "../../scripts/lib/test_place.ts";
import { costliest } from "../../scripts/lib/times.ts";

Deno.test("times of a shell: what its children took, user and system", () => {
  assertEquals(childrensSeconds("0m0.010s 0m0.020s\n1m2.500s 0m1.250s\n"), 63.75);
  // bash prints it in the same form.
  assertEquals(childrensSeconds("0m0.010s 0m0.020s\n0m0.500s 0m0.000s\n"), 0.5);
  assertEquals(childrensSeconds(""), 0);
});

Deno.test("costs of parts: the most costly first, and those that mostly wait", () => {
  const lines = costliest([
    { name: "a", wall: 9, cpu: 1 },
    { name: "b", wall: 5, cpu: 4 },
  ]);
  assertEquals(lines, [
    "  CPU s   wall s",
    "    4.0      5.0  b",
    "    1.0      9.0  a",
    "    5.0           in all, of 2 parts",
    "",
    "parts that mostly wait:",
    "    1.0      9.0  a",
  ]);
});
