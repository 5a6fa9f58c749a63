/**
 * Removes from a built executable what would keep a process from receiving all signals itself, by constants patched in
 * place like those of lean.ts. `imp init` blocks every signal and reads them from a signalfd, which works only if no
 * thread has them unblocked.
 *
 * - JavaScriptCore stops its threads with a signal, SIGPWR, which container managers send. It becomes SIGSTKFLT, which
 *   nothing on Linux sends (signal(7)). harden.ts removes the environment variable that could do the same.
 * - The allocator, mimalloc, would start a thread that returns memory, with fault signals unblocked. Without that
 *   thread, the thread that frees memory returns it, at once.
 */
import { setAllocatorOption } from "./lib/allocator.ts";
import { findOnce, type Machine, machineOf, type Pattern, section, word } from "./lib/elf.ts";

/** Patches the ELF image of an executable made by `bun build --compile`, in place. */
export function freeSignals(image: Uint8Array): void {
  const { pattern, at, bytes } = ENGINE_SIGNAL[machineOf(image)];
  const text = section(image, ".text");
  text.set(bytes, findOnce(text, pattern, "the choice of the engine's signal") + at);
  setAllocatorOption(image, "scavenger", 1, 0);
  setAllocatorOption(image, "purge_delay", 100, 0);
}

interface Patch {
  pattern: Pattern;
  at: number;
  bytes: number[];
}

const SIGSTKFLT = 16, SIGPWR = 30;

const ANY: Pattern = [null, null, null, null];

/** The signal is stored before getenv("JSC_SIGNAL_FOR_GC") looks for another one. */
const ENGINE_SIGNAL: Record<Machine, Patch> = {
  "x86-64": {
    // movl $30,(signal); mov $name,%edi; call getenv; test %rax,%rax; je
    pattern: [
      ...[0xc7, 0x05, ...ANY, ...word(SIGPWR)],
      ...[0xbf, ...ANY, 0xe8, ...ANY],
      ...[0x48, 0x85, 0xc0, 0x74],
    ],
    at: 6,
    bytes: word(SIGSTKFLT),
  },
  "aarch64": {
    // mov w8,#30; adrp x0,name; add x0,x0,name; adrp x19,signal; str w8,[x19,signal]; bl getenv; cbz x0
    pattern: [
      ...word(0x52800008 | SIGPWR << 5),
      ...ANY,
      ...[null, null, null, 0x91],
      ...ANY,
      ...[null, null, null, 0xb9],
      ...ANY,
      ...[null, null, null, 0xb4],
    ],
    at: 0,
    bytes: word(0x52800008 | SIGSTKFLT << 5),
  },
};
