import { assertEquals } from "@std/assert";
import { LastWords } from "../../src/pool/end_of_all.ts";
import type { OutputWriter } from "../../src/pool/output/writer.ts";

/** When it was over, in seconds. @param moves whether something has gone since the last look */
function patience(moves: (second: number) => boolean): number {
  // No descriptor: what is in a pipe does not matter.
  const writer = { gone: 0, blockedOn: -1 };
  const words = new LastWords(writer as unknown as OutputWriter, 0);
  for (let second = 0;; second++) {
    if (words.isOver(1000 * second)) return second;
    if (moves(second)) writer.gone++;
  }
}

Deno.test("output that has begun is waited for as long as its reader reads, but not forever", () => {
  assertEquals(patience(() => false), 5);
  assertEquals(patience((second) => second < 3), 8);
  assertEquals(patience((second) => second % 4 === 0), 30);
});
