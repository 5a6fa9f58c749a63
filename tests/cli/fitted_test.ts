import { assertEquals } from "@std/assert";
import { fittedLines } from "../../src/cli/fitted.ts";

Deno.test("sentences are wrapped, and continued with an indent", () => {
  assertEquals(
    fittedLines(["imp boot: note: lingering is off", "  turn it on first, please"], 20),
    [
      "imp boot: note:",
      "  lingering is off",
      "  turn it on first,",
      "  please",
    ],
  );
  assertEquals(fittedLines(["short"], Infinity), ["short"]);
});

Deno.test("what is to be copied, and what programs wrote, stays as it is", () => {
  const lines = [
    "  perhaps you mean: imp pool -- gzip -9",
    "  for example: imp start web -- ./program",
    "  | a long line of a log, as it is",
    "cannot open '/a  b/c': ENOENT (none)",
  ];
  assertEquals(fittedLines(lines, 20), lines);
});
