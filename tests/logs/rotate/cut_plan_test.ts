import { assert, assertEquals } from "@std/assert";
import { type CutFacts, planCut } from "../../../src/logs/rotate/cut_plan.ts";

const encoder = new TextEncoder();

function plan(text: string, facts: Partial<CutFacts> = {}) {
  const bytes = encoder.encode(text);
  const read = (at: number, count: number) =>
    bytes.subarray(at, Math.min(at + count, bytes.length));
  return planCut({ size: bytes.length, skip: 0, unit: 4, limit: bytes.length, ...facts }, read);
}

Deno.test("a cut: whole blocks go, the part ends with the line that a block's end splits", () => {
  assertEquals(plan("ab\ncdefg\nhi\n"), { bytes: 8, end: 9 });
  assertEquals(plan("abc\ndef\nghi\nj"), { bytes: 12, end: 12 });
  assertEquals(plan("abc\ndef\nghi\n"), { bytes: 8, end: 8 }, "not all of the file");
  assertEquals(plan("abcdefgh\nij"), { bytes: 8, end: 9 });
  assertEquals(plan("ab\n"), undefined);
});

Deno.test("a cut: a line that has not ended yet stays, unless there is nothing else", () => {
  assertEquals(plan("ab\nabcdefghijkl"), undefined, "its line begins in the first block");
  assertEquals(plan("abcd\nefghijklmn"), { bytes: 4, end: 5 });
  assertEquals(plan("abcdefghijklmno"), { bytes: 12, end: 12 });
  assertEquals(plan("ab\n" + "c".repeat(70)), { bytes: 72, end: 72 });
});

Deno.test("a cut: what stands in a part already is not taken again", () => {
  assertEquals(plan("gh\nab\ncd\nef\n", { skip: 3 }), { bytes: 8, end: 9 });
  assertEquals(plan("ghijklmnopqrst\n", { skip: 15 }), { bytes: 12, end: 15 });
});

Deno.test("a cut: of what has no lines, as a hole of gigabytes, little is read", () => {
  const size = 2 ** 40, unit = 4096, limit = size - 2 ** 20;
  let bytes = 0;
  const read = (_: number, count: number) => {
    bytes += count;
    return new Uint8Array(count);
  };
  assertEquals(planCut({ size, skip: 0, unit, limit }, read), { bytes: limit, end: limit });
  assert(bytes < 2 ** 27, `${bytes} bytes were read`);
});

Deno.test("a cut: any text, any limits: parts and rest are the text, and parts have whole lines", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  for (let round = 0; round < 3000; round++) {
    const longest = 1 + random(12);
    let text = "";
    for (let n = random(20); n > 0; n--) text += "x".repeat(random(longest)) + "\n";
    text += "y".repeat(random(6));
    let file = text, skip = 0, parts = "";
    for (;;) {
      const cut = plan(file, { skip, limit: 4 + random(40) });
      if (cut === undefined) break;
      assert(cut.bytes > 0 && cut.bytes < file.length && cut.bytes % 4 === 0);
      assert(cut.end >= cut.bytes && cut.end >= skip);
      parts += file.slice(skip, cut.end);
      file = file.slice(cut.bytes);
      skip = cut.end - cut.bytes;
      assertEquals(parts + file.slice(skip), text);
    }
    if (longest <= 4) assert(parts === "" || parts.endsWith("\n"), JSON.stringify([text, parts]));
  }
});
