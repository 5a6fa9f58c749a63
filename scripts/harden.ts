/**
 * Removes from a built executable what would let an environment variable control the runtime inside it.
 *
 * imp runs as root, from cron, from init: `BUN_OPTIONS=--preload …` or `BUN_BE_BUN=1` in such an environment must not
 * turn it into another program, and `BUN_JSC_useJIT=0` must not break it. Bun has no switch for that, so the names are
 * patched out of the finished file, in place. Every patch knows how often it must match: a Bun with another layout
 * fails the build.
 */

import {
  cStrings,
  findOnce,
  type Machine,
  machineOf,
  type Pattern,
  section,
  UnknownLayout,
  word,
} from "./lib/elf.ts";

export interface Hardening {
  /** Names of the environment variables that no longer affect the runtime. */
  variables: string[];
}

/** Patches the ELF image of an executable made by `bun build --compile`, in place. */
export function harden(image: Uint8Array): Hardening {
  const machine = machineOf(image);
  const variables = blankVariables(section(image, ".rodata"), machine);
  ignoreJscPrefix(section(image, ".text"), machine);
  keepFileLimit(section(image, ".dynstr"));
  return { variables };
}

/**
 * Variables that must be found exactly once; every other `BUN_…` is removed as well.
 * Left alone on purpose: MIMALLOC_… (tuning), NODE_EXTRA_CA_CERTS and its family (TLS), NO_COLOR.
 */
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
  "WebKitMallocForceEnabled",
  "WebKitSystemHeapOverrideEnablement",
  "WTF_numberOfProcessorCores",
];

/** Present only on x86-64, where simdutf chooses among implementations. */
const STEERING_X86 = ["SIMDUTF_FORCE_IMPLEMENTATION"];

/** BUN_GC_TIMER_DISABLE lets a resident imp sleep without wake-ups; BUN_PLUGIN_NAME is the name of a symbol. */
const KEPT = new Set(["BUN_GC_TIMER_DISABLE", "BUN_PLUGIN_NAME"]);

/** An empty name matches no entry of any environment: getenv(3) returns NULL for it at once. */
function blankVariables(rodata: Uint8Array, machine: Machine): string[] {
  const steering = machine === "x86-64" ? [...STEERING, ...STEERING_X86] : STEERING;
  const found = cStrings(rodata, "BUN_").filter(({ text }) =>
    /^BUN_[A-Z0-9_]+$/.test(text) && !KEPT.has(text)
  );
  const names = new Set(found.map(({ text }) => text));
  for (const name of steering.filter((name) => !names.has(name))) {
    found.push(...cStrings(rodata, name).filter(({ text }) => text === name));
  }
  for (const name of steering) {
    const count = found.filter(({ text }) => text === name).length;
    if (count !== 1) throw new UnknownLayout(`the name ${name} occurs ${count} times, not once`);
  }
  for (const { offset } of found) rodata[offset] = 0;
  return found.map(({ text }) => text).sort();
}

/**
 * BUN_JSC_… is compared byte by byte in machine code. The comparison of byte 7 with `_` is redirected to byte 0, which
 * the preceding code has found to be `B`: no entry can be both.
 */
function ignoreJscPrefix(text: Uint8Array, machine: Machine): void {
  const { pattern, patch } = JSC_PREFIX[machine];
  text.set(patch.bytes, findOnce(text, pattern, "the comparison with BUN_JSC_") + patch.at);
}

/**
 * Bun raises the soft limit of open files to the hard one at its start, and daemons would inherit that. It finds
 * setrlimit through the dynamic linker; getrlimit has the same signature and length, and does not change the limit.
 * dlsym("setrlimit") by imp itself asks libc, not this table.
 */
function keepFileLimit(dynstr: Uint8Array): void {
  const names = cStrings(dynstr, "setrlimit").filter(({ text }) => text === "setrlimit");
  const others = cStrings(dynstr, "getrlimit").filter(({ text }) => text === "getrlimit");
  if (names.length !== 1 || others.length !== 1) {
    throw new UnknownLayout(
      `setrlimit is imported ${names.length} times, getrlimit ${others.length}`,
    );
  }
  dynstr[names[0].offset] = "g".charCodeAt(0);
}

const PREFIX = [..."BUN_JSC_"].map((c) => c.charCodeAt(0));

const JSC_PREFIX: Record<Machine, { pattern: Pattern; patch: { at: number; bytes: number[] } }> = {
  "x86-64": {
    // cmpb $c,i(%r14); jne, with i = 1…7
    pattern: PREFIX.flatMap((c, i) => i === 0 ? [] : [0x41, 0x80, 0x7e, i, c, 0x75, null]),
    patch: { at: 6 * 7 + 3, bytes: [0] },
  },
  "aarch64": {
    // ldrb w10,[x9,#i]; cmp w10,#c; b.ne, with i = 0…7
    pattern: PREFIX.flatMap((c, i) => [
      ...word(0x3940012a | i << 10),
      ...word(0x7100015f | c << 10),
      ...[null, null, null, 0x54],
    ]),
    patch: { at: 7 * 12, bytes: word(0x3940012a) },
  },
};
