import { assertEquals, assertThrows } from "@std/assert";
import { lean } from "../../scripts/lean.ts";
import { UnknownLayout, word } from "../../scripts/lib/elf.ts";
import { elf } from "./elf.ts";

const X86 = 62;
const ARM64 = 183;

/** As the compiler stores the defaults of warmUpMarkedBlockCount, …StartAfterBlocks and …IdleTimeout. */
function stores(count: number): number[] {
  return [
    ...[0x48, 0xb8, ...word(count), ...word(64)],
    ...[0x48, 0x89, 0x05, 5, 6, 7, 8],
    ...[0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0x24, 0x40],
  ];
}

function executable(machine: number, text: number[]): Uint8Array {
  return elf({ machine, rodata: [0], text, dynstr: [0] });
}

Deno.test("the number of blocks to warm up becomes 0", () => {
  const image = executable(X86, stores(32));
  lean(image);
  assertEquals(image, executable(X86, stores(0)));
});

Deno.test("the same on arm64", () => {
  const image = executable(ARM64, [...word(0xd2800409), ...word(0xf2c00809)]);
  lean(image);
  assertEquals(image, executable(ARM64, [...word(0xd2800009), ...word(0xf2c00809)]));
});

Deno.test("an unknown layout is refused", () => {
  assertThrows(() => lean(executable(X86, [0x90])), UnknownLayout, "occurs 0 times");
  assertThrows(
    () => lean(executable(X86, [...stores(32), ...stores(32)])),
    UnknownLayout,
    "2 times",
  );
});
