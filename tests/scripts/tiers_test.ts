import { assertEquals, assertThrows } from "@std/assert";
import { UnknownLayout, word } from "../../scripts/lib/elf.ts";
import { compileLater } from "../../scripts/tiers.ts";
import { elf } from "./elf.ts";

const X86 = 62;
const BEFORE = [[500, 100, 1000, 1000], [1000, 1, 15, 64_000], [1000, 1, 15, 15]];
const AFTER = [[500, 100, 16_000, 16_000], [16_000, 1, 15, 640_000], [10_000, 1, 15, 15]];

function executable(constants: number[][]): Uint8Array {
  return elf({ machine: X86, rodata: constants.flat().flatMap(word), text: [0], dynstr: [0] });
}

Deno.test("the thresholds of the compilers that take long are raised, the others stay", () => {
  const image = executable(BEFORE);
  compileLater(image);
  assertEquals(image, executable(AFTER));
});

Deno.test("a runtime with other thresholds is refused", () => {
  assertThrows(() => compileLater(executable(AFTER)), UnknownLayout, "occurs 0 times");
  const twice = executable([...BEFORE, BEFORE[1]]);
  assertThrows(() => compileLater(twice), UnknownLayout, "2 times");
});
