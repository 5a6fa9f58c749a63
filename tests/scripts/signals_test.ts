import { assertEquals, assertThrows } from "@std/assert";
import { UnknownLayout, word } from "../../scripts/lib/elf.ts";
import { freeSignals } from "../../scripts/signals.ts";
import { cStringBytes, elf, type ElfParts } from "./elf.ts";

const X86 = 62;
const ARM64 = 183;
const RODATA = 0x213000;

/** The allocator's names; one of them is the end of another string. */
const NAMES = ["purge_delay", "mi-scavenger"];

function choiceX86(signal: number): number[] {
  return [
    ...[0xc7, 0x05, 1, 2, 3, 4, ...word(signal)],
    ...[0xbf, 5, 6, 7, 8, 0xe8, 1, 2, 3, 4],
    ...[0x48, 0x85, 0xc0, 0x74, 0x31],
  ];
}

function choiceArm64(signal: number): number[] {
  return [
    ...word(0x52800008 | signal << 5),
    ...[0x90ff5520, 0x910ec400, 0xd0028173, 0xb901ba68, 0x95400cef, 0xb4000140].flatMap(word),
  ];
}

/** struct mi_option_desc_s, a few of them. */
function options(scavenger: number, purgeDelay: number): number[] {
  const entry = (value: number, id: number, name: number) => [
    ...[...word(value), ...word(0), ...word(0), ...word(id)],
    ...[...word(name), ...word(0), ...word(0), ...word(0)],
  ];
  const at = (name: string) => RODATA + NAMES.join("\0").indexOf(name) + 1;
  return [
    ...entry(7, 14, RODATA),
    ...entry(purgeDelay, 15, at("purge_delay")),
    ...entry(scavenger, 49, at("scavenger")),
  ];
}

function executable(parts: Partial<ElfParts> = {}): Uint8Array {
  return elf({
    machine: X86,
    rodata: cStringBytes(NAMES),
    rodataAddress: RODATA,
    text: choiceX86(30),
    data: options(1, 100),
    dynstr: [0],
    ...parts,
  });
}

Deno.test("the engine gets another signal, the allocator no thread", () => {
  const image = executable();
  freeSignals(image);
  assertEquals(image, executable({ text: choiceX86(16), data: options(0, 0) }));
});

Deno.test("the same on arm64", () => {
  const image = executable({ machine: ARM64, text: choiceArm64(30) });
  freeSignals(image);
  const patched = { machine: ARM64, text: choiceArm64(16), data: options(0, 0) };
  assertEquals(image, executable(patched));
});

Deno.test("an unknown layout is refused", () => {
  const refused = (parts: Partial<ElfParts>, message: string) =>
    assertThrows(() => freeSignals(executable(parts)), UnknownLayout, message);
  refused({ text: [0x90] }, "signal occurs 0 times");
  refused({ text: [...choiceX86(30), ...choiceX86(30)] }, "signal occurs 2 times");
  refused({ data: options(2, 100) }, "scavenger = 1 occurs 0 times");
  refused({ data: options(1, 10) }, "purge_delay = 100 occurs 0 times");
  refused({ rodata: [0] }, "occurs 0 times");
});
