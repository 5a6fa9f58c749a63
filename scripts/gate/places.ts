/**
 * Finds the places that the gate (gate.ts) checks, replaces and occupies in an executable made by `bun build
 * --compile`.
 */
import {
  dynamicSymbols,
  findAll,
  growSectionOver,
  linkageSlots,
  type Machine,
  machineOf,
  section,
  sectionAddress,
  UnknownLayout,
  viewOf,
  word,
} from "../lib/elf.ts";
import { type GatePlaces, REPLACED } from "./parts.ts";

/**
 * Where imp's program is, and where the runtime reads its address: a word that no section covers since Bun moved the
 * section .bun, so that strip(1) would blank it. The preceding section is extended over it.
 */
export function findProgram(image: Uint8Array): Omit<GatePlaces, "slots"> {
  const payload = sectionAddress(image, ".bun");
  const program = section(image, ".bun");
  const size = Number(viewOf(program).getBigUint64(0, true));
  if (size + 8 !== program.length) {
    throw new UnknownLayout(`the program has ${program.length - 8} bytes and says ${size}`);
  }
  const data = section(image, ".data");
  // Everything from the start of .data on is loaded as it is in the file, up to the program.
  const loaded = image.subarray(data.byteOffset - image.byteOffset, program.byteOffset);
  const hits = findAll(loaded, [...word(payload), 0, 0, 0, 0]).filter((at) => at % 8 === 0);
  if (hits.length !== 1) {
    throw new UnknownLayout(`the address of the program occurs ${hits.length} times, not once`);
  }
  const header = sectionAddress(image, ".data") + hits[0];
  growSectionOver(image, header, 8);
  const magic = viewOf(program).getBigUint64(program.length - 8, true);
  return { header, payload, size, trailer: payload + program.length - 8, magic };
}

export interface Room {
  address: number;
  bytes: Uint8Array;
}

/**
 * The stubs for functions of libuv that the runtime lacks: all but the last become free space, and their names lead to
 * the last.
 */
export function takeRoom(image: Uint8Array): Room {
  const { size, every } = STUB[machineOf(image)];
  const stubs = dynamicSymbols(image)
    .filter((symbol) => symbol.name.startsWith("uv_") && symbol.size === size)
    .sort((a, b) => a.address - b.address);
  const run = longestRun(stubs, (a, b) => b.address - a.address === every);
  const last = run.pop();
  if (!last || run.length < FEWEST) {
    throw new UnknownLayout(`${run.length} stubs of libuv in a row, not ${FEWEST}`);
  }
  const table = viewOf(section(image, ".dynsym"));
  for (const { at } of run) table.setBigUint64(at + 8, BigInt(last.address), true);
  const offset = run[0].address - sectionAddress(image, ".text");
  const bytes = section(image, ".text").subarray(offset, offset + every * run.length);
  return { address: run[0].address, bytes };
}

export type Linkage = Record<
  typeof REPLACED[number],
  { slot: number; jumpTo: (address: number) => void }
>;

/** The entries of the procedure linkage table that the gate takes over. */
export function linkageTable(image: Uint8Array): Linkage {
  const { jump, first, reads } = LINKAGE[machineOf(image)];
  const code = section(image, ".plt");
  const start = sectionAddress(image, ".plt");
  const slots = linkageSlots(image);
  const entry = (name: string) => {
    const index = slots.findIndex((one) => one.name === name);
    if (index < 0) throw new UnknownLayout(`${name} is not imported`);
    const at = first + 16 * index;
    const { slot } = slots[index];
    if (reads(viewOf(code), at, start + at) !== slot) {
      throw new UnknownLayout(`the entry for ${name} in .plt is not the expected one`);
    }
    return { slot, jumpTo: (to: number) => code.set(jump(to - start - at), at) };
  };
  return Object.fromEntries(REPLACED.map((name) => [name, entry(name)])) as Linkage;
}

/** A function that only loads its name and calls the one that reports it, and the distance between two of them. */
const STUB: Record<Machine, { size: number; every: number }> = {
  // push %rbp; mov %rsp,%rbp; mov $name,%edi; call
  "x86-64": { size: 14, every: 16 },
  // stp; mov; adrp; add; bl
  "aarch64": { size: 20, every: 32 },
};
const FEWEST = 120;

interface LinkageFormat {
  /** Offset of the first function's entry. */
  first: number;
  /** The address of the word that an entry jumps through. */
  reads: (code: DataView, at: number, address: number) => number;
  jump: (distance: number) => number[];
}

const LINKAGE: Record<Machine, LinkageFormat> = {
  "x86-64": {
    first: 16,
    // jmp *distance(%rip); the rest of the entry stays, for the dynamic linker returns to it.
    reads: (code, at, address) =>
      code.getUint16(at) === 0xff25 ? address + 6 + code.getInt32(at + 2, true) : -1,
    jump: (distance) => [0xe9, ...word(distance - 5), 0x90],
  },
  "aarch64": {
    first: 32,
    // adrp x16,page; ldr x17,[x16,#offset]
    reads: (code, at, address) => {
      const [adrp, ldr] = [code.getUint32(at, true), code.getUint32(at + 4, true)];
      if ((adrp & 0x9f00001f) >>> 0 !== 0x90000010) return -1;
      if ((ldr & 0xffc003ff) >>> 0 !== 0xf9400211) return -1;
      const pages = (adrp >>> 5 & 0x7ffff) << 2 | adrp >>> 29 & 3;
      return (address & ~0xfff) + (pages << 11 >> 11) * 4096 + (ldr >>> 10 & 0xfff) * 8;
    },
    jump: (distance) => word(0x14000000 | distance / 4 & 0x3ffffff),
  },
};

/** The longest run of a list in which all neighbours belong together. */
function longestRun<T>(list: T[], together: (a: T, b: T) => boolean): T[] {
  let best: T[] = [], run: T[] = [];
  for (const one of list) {
    run = run.length > 0 && together(run[run.length - 1], one) ? [...run, one] : [one];
    if (run.length > best.length) best = run;
  }
  return [...best];
}
