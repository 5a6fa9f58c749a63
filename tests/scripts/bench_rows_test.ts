import { assertEquals, assertThrows } from "@std/assert";
import { replaceMeasured } from "../../scripts/bench/measured.ts";
import { type Row, rowsOf } from "../../scripts/bench/rows.ts";
import { PARTS } from "../../scripts/bench/parts.ts";

const timing = (name: string, ...ms: number[]) => ({
  name,
  times: ms.map((one) => one * 1000),
  cpu: ms.map((one) => one * 500),
  faults: ms.map((one) => one * 10),
});

Deno.test("benchmarks: a row has median, the middle half, CPU time, faults and the ratio", () => {
  const rows = rowsOf([timing("imp", 1, 2, 3, 4, 9), timing("other one", 6, 6, 6)]);
  const own: Row = { name: "imp", median: 3, spread: [2, 4], cpu: 1.5, faults: 30, ratio: 1 };
  assertEquals(rows[0], own);
  assertEquals(rows[1].ratio, 2);
  assertEquals(rowsOf([timing("imp", 3), timing("other one", 6)], "other")[0].ratio, 0.5);
  assertEquals(rowsOf([timing("imp", 3)], "missing")[0].ratio, 1);
});

Deno.test("benchmarks: what is measured is replaced, what is said about it stays", () => {
  const first = replaceMeasured("# Page\n\nSaid.\n", "## Start-up\n\nold");
  const again = replaceMeasured(`${first}\nSaid too.\n`, "new");
  assertEquals(again.includes("old"), false);
  assertEquals(first.includes("\n### Start-up\n"), true);
  assertEquals(again.startsWith("# Page\n\nSaid.\n") && again.endsWith("\nSaid too.\n"), true);
  assertEquals(replaceMeasured(again, "new"), again);
});

Deno.test("benchmarks: each part that run all names is there", () => {
  for (const { name } of PARTS) {
    Deno.statSync(new URL(`../../scripts/bench/${name}.ts`, import.meta.url));
  }
  assertThrows(() => Deno.statSync(new URL("../../scripts/bench/none.ts", import.meta.url)));
});
