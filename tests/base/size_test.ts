import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../src/base/errors.ts";
import { formatSize, parseSize } from "../../src/base/size.ts";
import { anyText } from "./any_text.ts";

Deno.test("sizes: bytes, letters of either case, fractions, B and iB", () => {
  const table: [text: string, bytes: number][] = [
    ["0", 0],
    ["4096", 4096],
    ["512B", 512],
    ["64K", 65_536],
    ["64k", 65_536],
    ["64KiB", 65_536],
    ["64kb", 65_536],
    ["10M", 10_485_760],
    ["1.5G", 1_610_612_736],
    ["2T", 2_199_023_255_552],
    ["0.5K", 512],
  ];
  for (const [text, bytes] of table) assertEquals(parseSize(text), bytes, text);
});

Deno.test("sizes: anything else is refused by name", () => {
  for (
    const text of [
      "",
      "K",
      "-1",
      "+1",
      "1 K",
      " 1",
      "1P",
      "1KK",
      "1.",
      ".5K",
      "0x10",
      "1e3",
      "1K\n",
    ]
  ) {
    const error = assertThrows(() => parseSize(text), UsageError, "", text);
    assertEquals(error.message, `'${text}' is not a size`);
    assertEquals(error.hint, "write for example 64K, 10M or 1G");
  }
});

Deno.test("sizes: one that cannot be counted exactly is refused", () => {
  // The kernel's limits have 64 bits: what is above would come out as another, smaller number.
  for (const text of ["9".repeat(400), "9999999999999999", "99999999T"]) {
    assertThrows(() => parseSize(text), UsageError, "is not a size");
  }
  assertEquals(parseSize("8191T"), 8191 * 2 ** 40);
});

Deno.test("sizes: any text is read or refused, and never anything else", () => {
  fc.assert(fc.property(anyText(), (text) => {
    try {
      assertEquals(Number.isSafeInteger(parseSize(text)), true);
    } catch (error) {
      assertEquals(error instanceof UsageError, true, String(error));
    }
  }));
});

Deno.test("sizes are formatted in the largest fitting unit", () => {
  const table: [bytes: number, text: string][] = [
    [0, "0B"],
    [1023, "1023B"],
    [1024, "1K"],
    [1536, "1.5K"],
    [102_400, "100K"],
    [1_048_575, "1.0M"],
    [1_572_864, "1.5M"],
    [1_073_741_823, "1.0G"],
    [2 ** 40, "1T"],
    [5000 * 2 ** 40, "5000T"],
  ];
  for (const [bytes, text] of table) assertEquals(formatSize(bytes), text);
});

Deno.test("sizes: a formatted one can be read again, within its digits", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (bytes) => {
    const text = formatSize(bytes);
    const again = parseSize(text);
    assertEquals(Math.abs(again - bytes) <= bytes * 0.051, true, `${bytes} was told as ${text}`);
    assertEquals(/^\d{1,4}(\.\d)?[BKMGT]$/.test(text), true, text);
  }));
});
