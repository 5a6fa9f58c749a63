import { assertEquals, assertThrows } from "@std/assert";
import { harden, UnknownLayout } from "../../scripts/harden.ts";

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
  "JavaScriptCoreUseJIT",
  "NODE_CHANNEL_FD",
  "NODE_COMPILE_CACHE",
  "NODE_REDIRECT_WARNINGS",
  "SIMDUTF_FORCE_IMPLEMENTATION",
  "WebKitMallocForceEnabled",
  "WebKitSystemHeapOverrideEnablement",
  "WTF_numberOfProcessorCores",
];

/** cmpb $'U',1(%r14) … cmpb $'_',7(%r14), each with its jne. */
const JSC_COMPARISON = [..."UN_JSC_"].flatMap((
  c,
  i,
) => [0x41, 0x80, 0x7e, i + 1, c.charCodeAt(0), 0x75, 0xb0]);

interface Parts {
  strings?: string[];
  text?: number[];
  imports?: string[];
  machine?: number;
}

function bytesOf(strings: string[]): number[] {
  return [...`\0${strings.join("\0")}\0`].map((c) => c.charCodeAt(0));
}

/** A small ELF file with the sections that harden looks at. */
function elf(
  { strings = STEERING, text = JSC_COMPARISON, imports = ["getrlimit", "setrlimit"], machine = 62 }:
    Parts,
): Uint8Array {
  const names = [".shstrtab", ".rodata", ".text", ".dynstr"];
  const contents = [bytesOf(names), bytesOf(strings), text, bytesOf(imports)];
  const image = new Uint8Array(64 + contents.flat().length + 64 * contents.length);
  const view = new DataView(image.buffer);
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, machine, true);
  view.setBigUint64(40, BigInt(64 + contents.flat().length), true); // e_shoff
  view.setUint16(58, 64, true); // e_shentsize
  view.setUint16(60, contents.length, true); // e_shnum
  view.setUint16(62, 0, true); // e_shstrndx
  let at = 64;
  contents.forEach((content, i) => {
    const header = 64 + contents.flat().length + 64 * i;
    view.setUint32(header, `\0${names.join("\0")}`.indexOf(names[i]), true);
    view.setBigUint64(header + 24, BigInt(at), true);
    view.setBigUint64(header + 32, BigInt(content.length), true);
    image.set(content, at);
    at += content.length;
  });
  return image;
}

function textOf(image: Uint8Array): string {
  return Array.from(image, (byte) => String.fromCharCode(byte)).join("");
}

Deno.test("every steering name loses its first byte and nothing else changes", () => {
  const before = elf({});
  const after = before.slice();
  assertEquals(harden(after).variables, [...STEERING].sort());
  for (const name of STEERING) assertEquals(textOf(after).includes(`\0\0${name.slice(1)}\0`), true);
  const changed = [...after].filter((byte, i) => byte !== before[i]);
  // The names, one displacement in .text, one letter of setrlimit.
  assertEquals(changed.length, STEERING.length + 2);
});

Deno.test("other names of Bun go along, the kept ones stay", () => {
  const image = elf({
    strings: [...STEERING, "BUN_SOMETHING_NEW", "BUN_GC_TIMER_DISABLE", "BUN x"],
  });
  assertEquals(harden(image).variables.includes("BUN_SOMETHING_NEW"), true);
  assertEquals(textOf(image).includes("\0BUN_GC_TIMER_DISABLE\0BUN x\0"), true);
});

Deno.test("the comparison with BUN_JSC_ can no longer succeed", () => {
  const image = elf({});
  harden(image);
  const patched = JSC_COMPARISON.slice();
  patched[6 * 7 + 3] = 0; // byte 0, known to be B, is compared with _
  assertEquals(textOf(image).includes(String.fromCharCode(...patched)), true);
});

Deno.test("setrlimit is bound to getrlimit", () => {
  const image = elf({});
  harden(image);
  assertEquals(textOf(image).includes("\0getrlimit\0getrlimit\0"), true);
});

Deno.test("an unknown layout is refused", () => {
  const missing = STEERING.filter((name) => name !== "BUN_OPTIONS");
  assertThrows(
    () => harden(elf({ strings: missing })),
    UnknownLayout,
    "BUN_OPTIONS occurs 0 times",
  );
  const twice = [...STEERING, "BUN_OPTIONS"];
  assertThrows(() => harden(elf({ strings: twice })), UnknownLayout, "BUN_OPTIONS occurs 2 times");
  assertThrows(() => harden(elf({ text: [0x90] })), UnknownLayout, "BUN_JSC_ occurs 0 times");
  assertThrows(() => harden(elf({ imports: ["getrlimit"] })), UnknownLayout, "setrlimit");
  assertThrows(() => harden(elf({ machine: 8 })), UnknownLayout, "machine 8");
  assertThrows(() => harden(new Uint8Array(100)), UnknownLayout, "ELF");
});
