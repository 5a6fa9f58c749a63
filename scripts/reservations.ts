/**
 * Makes the runtime reserve less address space at its start, so that imp runs under `ulimit -v`, by constants patched
 * in place. Reserving is not using: nothing else changes.
 *
 * - JavaScriptCore reserves 1 GiB (512 MiB on arm64) for compiled code. If that fails it compiles nothing, and no
 *   function of libc can be called. 128 MiB are more than any program compiles.
 * - The allocator, mimalloc, reserves 1 GiB at a time; if it cannot have that, 128 MiB. More follow when they are full.
 *   It also looks for NUMA nodes, in six system calls; with one node it does not.
 */
import { setAllocatorOption } from "./lib/allocator.ts";
import {
  findAll,
  type Machine,
  machineOf,
  type Pattern,
  section,
  UnknownLayout,
  word,
} from "./lib/elf.ts";

/** Patches the ELF image of an executable made by `bun build --compile`, in place. */
export function reserveLess(image: Uint8Array): void {
  const { pattern, at, bytes } = CODE_POOL[machineOf(image)];
  const text = section(image, ".text");
  const hits = findAll(text, pattern);
  // The compiler has inlined the function into both of its callers.
  if (hits.length !== 2) {
    throw new UnknownLayout(`the size of the code pool occurs ${hits.length} times, not twice`);
  }
  for (const hit of hits) text.set(bytes, hit + at);
  setAllocatorOption(image, "arena_reserve", 1 << 20, 1 << 17); // KiB
  setAllocatorOption(image, "use_numa_nodes", 0, 1);
}

interface Patch {
  pattern: Pattern;
  at: number;
  bytes: number[];
}

const ANY: Pattern = [null, null, null, null];
const SIZE = 128 << 20;

/** The default applies if the option jitMemoryReservationSize is 0. */
const CODE_POOL: Record<Machine, Patch> = {
  "x86-64": {
    // mov (option),%eax; test %eax,%eax; mov $1<<30,%r; cmovne %eax,%r; call
    pattern: [
      ...[0x8b, 0x05, ...ANY, 0x85, 0xc0],
      ...[0x41, null, ...word(1 << 30)],
      ...[0x44, 0x0f, 0x45, null, 0xe8],
    ],
    at: 10,
    bytes: word(SIZE),
  },
  "aarch64": {
    // mov w9,#1<<29; ldr w8,(option); cmp w8,#0; csel w,w9,w8,eq
    pattern: [
      ...word(0x52a40009),
      ...[null, null, 0x40, 0xb9],
      ...word(0x7100011f),
      ...[null, 0x01, 0x88, 0x1a],
    ],
    at: 0,
    bytes: word(0x52a00009 | SIZE >>> 16 << 5),
  },
};
