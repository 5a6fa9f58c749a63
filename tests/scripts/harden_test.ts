import { assertEquals, assertThrows } from "@std/assert";
import { harden } from "../../scripts/harden.ts";
import { UnknownLayout, word } from "../../scripts/lib/elf.ts";
import { cStringBytes, elf, type ElfParts, textOf } from "./elf.ts";

const STEERING = [
  "BUN_BE_BUN",
  "BUN_OPTIONS",
  "BUN_INSPECT",
  "BUN_INSPECT_CONNECT_TO",
  "BUN_INSPECT_PRELOAD",
  "BUN_BYTECODE_ORDER_OUT",
  "BUN_BYTECODE_DIGEST_OUT",
  "BUN_FEATURE_FLAG_NO_ORPHANS",
  "BUN_DESTRUCT_VM_ON_EXIT",
  "BUN_TCC_OPTIONS",
  "JSC_SIGNAL_FOR_GC",
  "JavaScriptCoreUseJIT",
  "NODE_CHANNEL_FD",
  "NODE_COMPILE_CACHE",
  "NODE_REDIRECT_WARNINGS",
  "SIMDUTF_FORCE_IMPLEMENTATION",
  "WebKitMallocForceEnabled",
  "WebKitSystemHeapOverrideEnablement",
  "WTF_numberOfProcessorCores",
];

const X86 = 62;
const ARM64 = 183;

/** cmpb $'U',1(%r14) to cmpb $'_',7(%r14), each with its jne. */
const COMPARISON_X86 = [..."UN_JSC_"].flatMap((c, i) => [
  ...[0x41, 0x80, 0x7e, i + 1, c.charCodeAt(0)],
  ...[0x75, 0xb0],
]);

/** ldrb w10,[x9,#i]; cmp w10,#c; b.ne, for each character. */
const COMPARISON_ARM64 = [..."BUN_JSC_"].flatMap((c, i) => [
  ...word(0x3940012a | i << 10),
  ...word(0x7100015f | c.charCodeAt(0) << 10),
  ...word(0x54fffc61),
]);

/** An executable that harden accepts, but for the parts that a test replaces. */
function executable(parts: Partial<ElfParts> = {}): Uint8Array {
  return elf({
    machine: X86,
    rodata: cStringBytes(STEERING),
    text: COMPARISON_X86,
    dynstr: cStringBytes(["getrlimit", "setrlimit"]),
    ...parts,
  });
}

function differences(before: Uint8Array, after: Uint8Array): number {
  return after.reduce((count, byte, i) => count + (byte === before[i] ? 0 : 1), 0);
}

Deno.test("every steering name loses its first byte and nothing else changes", () => {
  const before = executable();
  const after = before.slice();
  assertEquals(harden(after).variables, [...STEERING].sort());
  for (const name of STEERING) assertEquals(textOf(after).includes(`\0\0${name.slice(1)}\0`), true);
  // The names, one displacement in .text, one letter of setrlimit.
  assertEquals(differences(before, after), STEERING.length + 2);
});

Deno.test("other names of Bun go along, the kept ones stay", () => {
  const names = [...STEERING, "BUN_SOMETHING_NEW", "BUN_GC_TIMER_DISABLE", "BUN x"];
  const image = executable({ rodata: cStringBytes(names) });
  assertEquals(harden(image).variables.includes("BUN_SOMETHING_NEW"), true);
  assertEquals(textOf(image).includes("\0BUN_GC_TIMER_DISABLE\0BUN x\0"), true);
});

Deno.test("the comparison with BUN_JSC_ can no longer succeed: byte 0, a B, is held against _", () => {
  const image = executable();
  harden(image);
  const patched = COMPARISON_X86.slice();
  patched[6 * 7 + 3] = 0;
  assertEquals(textOf(image).includes(String.fromCharCode(...patched)), true);
});

Deno.test("the same on arm64, where simdutf has no choice", () => {
  const names = STEERING.filter((name) => name !== "SIMDUTF_FORCE_IMPLEMENTATION");
  const image = executable({
    machine: ARM64,
    rodata: cStringBytes(names),
    text: COMPARISON_ARM64,
  });
  harden(image);
  const patched = COMPARISON_ARM64.slice();
  patched.splice(7 * 12, 4, ...word(0x3940012a));
  assertEquals(textOf(image).includes(String.fromCharCode(...patched)), true);
});

Deno.test("setrlimit is bound to getrlimit", () => {
  const image = executable();
  harden(image);
  assertEquals(textOf(image).includes("\0getrlimit\0getrlimit\0"), true);
});

Deno.test("an unknown layout is refused", () => {
  const refused = (parts: Partial<ElfParts>, message: string) =>
    assertThrows(() => harden(executable(parts)), UnknownLayout, message);
  const missing = STEERING.filter((name) => name !== "BUN_OPTIONS");
  refused({ rodata: cStringBytes(missing) }, "BUN_OPTIONS occurs 0 times");
  refused({ rodata: cStringBytes([...STEERING, "BUN_OPTIONS"]) }, "BUN_OPTIONS occurs 2 times");
  refused({ text: [0x90] }, "BUN_JSC_ occurs 0 times");
  refused({ text: [...COMPARISON_X86, ...COMPARISON_X86] }, "BUN_JSC_ occurs 2 times");
  refused({ dynstr: cStringBytes(["getrlimit"]) }, "setrlimit");
  refused({ machine: 8 }, "machine 8");
  assertThrows(() => harden(new Uint8Array(100)), UnknownLayout, "ELF");
});
