import { assertEquals } from "@std/assert";
import { parseRecordedStart } from "../../src/daemon/recorded_start.ts";

const RECORD = { schema: 1, words: ["-n", "web", "x"], directory: "/", pid: 7, startTicks: 9 };

Deno.test("a recorded start is read back, and nothing else is taken for one", () => {
  assertEquals(parseRecordedStart(JSON.stringify(RECORD)), RECORD as never);
  for (
    const wrong of [
      ...["", "{", "null", "7", "[]"],
      ...[{ schema: 2 }, { words: "x" }, { words: [1] }, { directory: 1 }, { pid: "7" }]
        .map((part) => JSON.stringify({ ...RECORD, ...part })),
    ]
  ) assertEquals(parseRecordedStart(wrong), undefined, wrong);
});
