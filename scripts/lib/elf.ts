/** Finds places in an ELF image, for the patches of the built executable. */
import { Buffer } from "node:buffer";

/** The executable is not the one that a patch was made for. */
export class UnknownLayout extends Error {
  override name = "UnknownLayout";
}

export type Machine = "x86-64" | "aarch64";

/** Bytes to look for; null matches any byte. */
export type Pattern = (number | null)[];

interface Section {
  /** Its address in memory when the program runs. */
  address: number;
  offset: number;
  size: number;
  /** Offset of its header in the file. */
  header: number;
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
function sectionTable(image: Uint8Array): Map<string, Section> {
  machineOf(image);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const table = Number(view.getBigUint64(40, true)); // e_shoff
  const entry = view.getUint16(58, true); // e_shentsize
  const count = view.getUint16(60, true); // e_shnum
  const header = (index: number) => {
    const at = table + index * entry;
    return {
      name: view.getUint32(at, true),
      address: Number(view.getBigUint64(at + 16, true)),
      offset: Number(view.getBigUint64(at + 24, true)),
      size: Number(view.getBigUint64(at + 32, true)),
      header: at,
    };
  };
  const names = header(view.getUint16(62, true)).offset; // e_shstrndx
  const sections = new Map<string, Section>();
  for (let i = 0; i < count; i++) {
    const { name, ...place } = header(i);
    const end = image.indexOf(0, names + name);
    sections.set(latin1(image.subarray(names + name, end)), place);
  }
  return sections;
}

/** The bytes of a section, shared with the image. */
export function section(image: Uint8Array, name: string): Uint8Array {
  const { offset, size } = sectionNamed(image, name);
  return image.subarray(offset, offset + size);
}

/** The address of a section when the program runs. */
export function sectionAddress(image: Uint8Array, name: string): number {
  return sectionNamed(image, name).address;
}

/** Extends the section that ends at an address over what begins there. */
export function growSectionOver(image: Uint8Array, address: number, size: number): void {
  const before = [...sectionTable(image).values()]
    .filter((one) => one.size > 0 && one.address + one.size === address);
  if (before.length !== 1) {
    throw new UnknownLayout(`${before.length} sections end at 0x${address.toString(16)}, not one`);
  }
  const [{ header, size: old }] = before;
  new DataView(image.buffer, image.byteOffset).setBigUint64(header + 32, BigInt(old + size), true);
}

/** A symbol of the dynamic linker's table. */
export interface DynamicSymbol {
  name: string;
  address: number;
  size: number;
  /** Offset of its entry in .dynsym. */
  at: number;
}

/** The table .dynsym, elf(5), in its order. */
export function dynamicSymbols(image: Uint8Array): DynamicSymbol[] {
  const table = viewOf(section(image, ".dynsym"));
  const names = section(image, ".dynstr");
  return Array.from({ length: table.byteLength / 24 }, (_, i) => {
    const at = 24 * i;
    const name = table.getUint32(at, true);
    return {
      name: latin1(names.subarray(name, names.indexOf(0, name))),
      address: Number(table.getBigUint64(at + 8, true)),
      size: Number(table.getBigUint64(at + 16, true)),
      at,
    };
  });
}

/** Which function each word of the table behind the procedure linkage table belongs to, in order. */
export function linkageSlots(image: Uint8Array): { slot: number; name: string }[] {
  const symbols = dynamicSymbols(image);
  const table = viewOf(section(image, ".rela.plt"));
  return Array.from({ length: table.byteLength / 24 }, (_, i) => ({
    slot: Number(table.getBigUint64(24 * i, true)),
    name: symbols[table.getUint32(24 * i + 12, true)]?.name ?? "",
  }));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sectionNamed(image: Uint8Array, name: string): Section {
  const found = sectionTable(image).get(name);
  if (!found) throw new UnknownLayout(`no section ${name}`);
  return found;
}

/** The NUL-terminated strings that start with a prefix. */
export function cStrings(bytes: Uint8Array, prefix: string): { offset: number; text: string }[] {
  const pattern = [0, ...[...prefix].map((c) => c.charCodeAt(0))];
  return findAll(bytes, pattern).map((at) => {
    const end = bytes.indexOf(0, at + 1);
    return { offset: at + 1, text: latin1(bytes.subarray(at + 1, end < 0 ? bytes.length : end)) };
  });
}

/** The only place where a pattern occurs. */
export function findOnce(bytes: Uint8Array, pattern: Pattern, what: string): number {
  const hits = findAll(bytes, pattern);
  if (hits.length !== 1) throw new UnknownLayout(`${what} occurs ${hits.length} times, not once`);
  return hits[0];
}

/** Where a pattern occurs. */
export function findAll(bytes: Uint8Array, pattern: Pattern): number[] {
  // Buffer searches for several bytes natively; byte by byte, 100 MB take seconds.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { start, needle } = longestRun(pattern);
  const hits: number[] = [];
  for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + 1)) {
    const begin = at - start;
    if (pattern.every((byte, i) => byte === null || byte === bytes[begin + i])) hits.push(begin);
  }
  return hits;
}

/** The longest part of a pattern without gaps. */
function longestRun(pattern: Pattern): { start: number; needle: Uint8Array } {
  let best = { start: 0, needle: new Uint8Array() };
  for (let start = 0; start < pattern.length; start++) {
    const gap = pattern.indexOf(null, start);
    const run = pattern.slice(start, gap < 0 ? undefined : gap) as number[];
    if (run.length > best.needle.length) best = { start, needle: Uint8Array.from(run) };
  }
  return best;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export { word } from "../../src/base/machine_code/assemble.ts";
