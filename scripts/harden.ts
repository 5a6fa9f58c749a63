/**
 * Takes from a built executable what would let an environment variable steer the runtime inside it.
 *
 * imp runs as root, from cron, from init: `BUN_OPTIONS=--preload …` or `BUN_BE_BUN=1` in such an
 * environment must not turn it into another program, `BUN_JSC_useJIT=0` must not break it. Bun has
 * no switch for that, so the names are patched out of the finished file, byte for byte in place.
 * Every patch knows how often it must fit: a Bun with another layout fails the build.
 */

export interface Hardening {
  /** Names of the environment variables that no longer reach the runtime. */
  variables: string[];
}

export class UnknownLayout extends Error {
  override name = "UnknownLayout";
}

/** Patches the ELF image of an executable made by `bun build --compile`, in place. */
export function harden(image: Uint8Array): Hardening {
  const sections = elfSections(image);
  const machine = machineOf(image);
  const variables = blankVariables(section(image, sections, ".rodata"), machine);
  ignoreJscPrefix(section(image, sections, ".text"), machine);
  keepFileLimit(section(image, sections, ".dynstr"));
  return { variables };
}

/**
 * Variables that must be found exactly once; a sweep takes every other `BUN_…` along.
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
  "JavaScriptCoreUseJIT",
  "NODE_CHANNEL_FD",
  "NODE_COMPILE_CACHE",
  "NODE_REDIRECT_WARNINGS",
  "WebKitMallocForceEnabled",
  "WebKitSystemHeapOverrideEnablement",
  "WTF_numberOfProcessorCores",
];

/** Present on x86-64 only, where simdutf chooses among implementations. */
const STEERING_X86 = ["SIMDUTF_FORCE_IMPLEMENTATION"];

/** BUN_GC_TIMER_DISABLE lets a resident imp sleep without wake-ups; BUN_PLUGIN_NAME is a symbol's name. */
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
 * BUN_JSC_… is compared byte by byte in machine code. The comparison of byte 7 with `_` is made to
 * look at byte 0, which the code before it has found to be `B`: no entry can be both.
 */
function ignoreJscPrefix(text: Uint8Array, machine: Machine): void {
  const { pattern, patch } = JSC_PREFIX[machine];
  const hits = findAll(text, pattern);
  if (hits.length !== 1) {
    throw new UnknownLayout(`the comparison with BUN_JSC_ occurs ${hits.length} times, not once`);
  }
  text.set(patch.bytes, hits[0] + patch.at);
}

/**
 * Bun raises the soft limit of open files to the hard one when it starts, and daemons would inherit
 * that. It finds setrlimit through the dynamic linker; getrlimit has the same signature and length
 * and leaves the limit alone. dlsym("setrlimit") by imp itself asks libc, not this table.
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

type Machine = "x86-64" | "aarch64";

/** null in a pattern stands for any byte. */
type Pattern = (number | null)[];

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

function word(value: number): number[] {
  return [value & 255, value >>> 8 & 255, value >>> 16 & 255, value >>> 24];
}

interface Section {
  offset: number;
  size: number;
}

export function machineOf(image: Uint8Array): Machine {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (
    view.byteLength < 64 || view.getUint32(0) !== 0x7f454c46 || image[4] !== 2 || image[5] !== 1
  ) {
    throw new UnknownLayout("not a 64-bit little-endian ELF file");
  }
  switch (view.getUint16(18, true)) { // e_machine, elf(5)
    case 62:
      return "x86-64";
    case 183:
      return "aarch64";
    default:
      throw new UnknownLayout(`unknown ELF machine ${view.getUint16(18, true)}`);
  }
}

/** The section header table, elf(5). */
function elfSections(image: Uint8Array): Map<string, Section> {
  machineOf(image);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const table = Number(view.getBigUint64(40, true)); // e_shoff
  const entry = view.getUint16(58, true); // e_shentsize
  const count = view.getUint16(60, true); // e_shnum
  const header = (index: number) => {
    const at = table + index * entry;
    return {
      name: view.getUint32(at, true),
      offset: Number(view.getBigUint64(at + 24, true)),
      size: Number(view.getBigUint64(at + 32, true)),
    };
  };
  const names = header(view.getUint16(62, true)).offset; // e_shstrndx
  const sections = new Map<string, Section>();
  for (let i = 0; i < count; i++) {
    const { name, offset, size } = header(i);
    const end = image.indexOf(0, names + name);
    sections.set(latin1(image.subarray(names + name, end)), { offset, size });
  }
  return sections;
}

function section(image: Uint8Array, sections: Map<string, Section>, name: string): Uint8Array {
  const found = sections.get(name);
  if (!found) throw new UnknownLayout(`no section ${name}`);
  return image.subarray(found.offset, found.offset + found.size);
}

/** The whole strings between two NUL bytes that start with a prefix. */
function cStrings(bytes: Uint8Array, prefix: string): { offset: number; text: string }[] {
  const pattern = [0, ...[...prefix].map((c) => c.charCodeAt(0))];
  return findAll(bytes, pattern).map((at) => {
    const end = bytes.indexOf(0, at + 1);
    return { offset: at + 1, text: latin1(bytes.subarray(at + 1, end < 0 ? bytes.length : end)) };
  });
}

function findAll(bytes: Uint8Array, pattern: Pattern): number[] {
  // The rarest byte leads the search; the native indexOf is what makes 100 MB quick.
  const lead = pattern.findIndex((byte) => byte !== null && byte > 0x40 && byte !== 0x80);
  const hits: number[] = [];
  for (
    let at = bytes.indexOf(pattern[lead]!);
    at >= 0;
    at = bytes.indexOf(pattern[lead]!, at + 1)
  ) {
    const start = at - lead;
    if (start >= 0 && pattern.every((byte, i) => byte === null || byte === bytes[start + i])) {
      hits.push(start);
    }
  }
  return hits;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
