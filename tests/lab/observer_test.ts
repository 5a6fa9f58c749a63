import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { type Line, SocketLines } from "../../src/lab/observer.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("lines: pieces of several writers, cut anywhere", () => {
  const character = fc.constantFrom("a", "é", "€", "😀", " ");
  const text = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(""));
  const texts = fc.array(text, { maxLength: 5 });
  const cuts = fc.array(fc.nat(4), { maxLength: 60 });
  fc.assert(fc.property(texts, texts, cuts, (mine, yours, cuts) => {
    const left = [mine, yours].map((lines) => encode(lines.map((line) => `${line}\n`).join("")));
    const lines = new SocketLines();
    const got: Line[] = [];
    for (let n = 0; left.some((bytes) => bytes.length > 0); n++) {
      const who = n % 2;
      const size = (cuts[n] ?? 3) + (n > 60 ? 1 : 0);
      got.push(...lines.take(who, left[who].subarray(0, size)));
      left[who] = left[who].subarray(size);
    }
    const of = (who: number) => got.filter(({ pid }) => pid === who).map(({ text }) => text);
    assertEquals([of(0), of(1), lines.rest()], [mine, yours, []]);
  }));
});

Deno.test("lines: what lacks its newline comes in the end", () => {
  const lines = new SocketLines();
  assertEquals(lines.take(1, encode("whole\nha")), [{ pid: 1, text: "whole" }]);
  assertEquals(lines.take(2, encode("other")), []);
  assertEquals(lines.take(1, encode("lf\n")), [{ pid: 1, text: "half" }]);
  assertEquals(lines.rest(), [{ pid: 2, text: "other" }]);
  assertEquals(lines.rest(), []);
});
