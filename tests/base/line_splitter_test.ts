import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineSplitter } from "../../src/base/line_splitter.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (lines: Uint8Array[]) => lines.map((line) => new TextDecoder().decode(line));

Deno.test("lines: whole ones, the last one without line break at the end", () => {
  const lines = new LineSplitter();
  assertEquals(text(lines.take(bytes("a\nb"))), ["a"]);
  assertEquals(text(lines.take(bytes("c\n\nd"))), ["bc", ""]);
  assertEquals(text([lines.begun]), ["d"]);
  assertEquals(text(lines.end()), ["d"]);
  assertEquals(text(lines.end()), []);
});

Deno.test("lines: a long one is cut", () => {
  const lines = new LineSplitter(4);
  assertEquals(text(lines.take(bytes("abcdefghij\nk\n"))), ["abcd", "efgh", "ij", "k"]);
  assertEquals(text(lines.take(bytes("abcd"))), []);
  assertEquals(text(lines.take(bytes("\nabcde"))), ["abcd", "abcd"]);
  assertEquals(text(lines.end()), ["e"]);
});

Deno.test("lines: however the bytes come, the lines are the same", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "\n", "é"), maxLength: 8 });
  fc.assert(fc.property(fc.array(part), (parts) => {
    const lines = new LineSplitter();
    const seen = parts.flatMap((one) => text(lines.take(bytes(one))));
    seen.push(...text(lines.end()));
    const whole = parts.join("");
    const expected = whole.split("\n");
    if (expected.at(-1) === "") expected.pop();
    assertEquals(seen, expected);
  }));
});
