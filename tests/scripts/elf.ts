/** The contents of a test's executable. */
export interface ElfParts {
  /** e_machine of elf(5). */
  machine: number;
  rodata: number[];
  /** The address of .rodata in memory; 0 if omitted. */
  rodataAddress?: number;
  text: number[];
  data?: number[];
  dynstr: number[];
  /** Further sections; their contents are consecutive in the file. */
  more?: { name: string; address: number; content: number[] }[];
}

/** A small ELF file with the sections that the patches use. */
export function elf(
  { machine, rodata, rodataAddress = 0, text, data = [], dynstr, more = [] }: ElfParts,
): Uint8Array {
  const names = [
    ".shstrtab",
    ".rodata",
    ".text",
    ".data",
    ".dynstr",
    ...more.map((one) => one.name),
  ];
  const contents = [
    cStringBytes(names),
    ...[rodata, text, data, dynstr],
    ...more.map(({ content }) => content),
  ];
  const table = 64 + contents.flat().length;
  const image = new Uint8Array(table + 64 * contents.length);
  const view = new DataView(image.buffer);
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, machine, true);
  view.setBigUint64(40, BigInt(table), true); // e_shoff
  view.setUint16(58, 64, true); // e_shentsize
  view.setUint16(60, contents.length, true); // e_shnum
  view.setUint16(62, 0, true); // e_shstrndx
  let at = 64;
  contents.forEach((content, i) => {
    const header = table + 64 * i;
    view.setUint32(header, `\0${names.join("\0")}\0`.indexOf(`\0${names[i]}\0`) + 1, true);
    if (names[i] === ".rodata") view.setBigUint64(header + 16, BigInt(rodataAddress), true);
    if (i >= 5) view.setBigUint64(header + 16, BigInt(more[i - 5].address), true);
    view.setBigUint64(header + 24, BigInt(at), true);
    view.setBigUint64(header + 32, BigInt(content.length), true);
    image.set(content, at);
    at += content.length;
  });
  return image;
}

/** Strings between NUL bytes. */
export function cStringBytes(strings: string[]): number[] {
  return [...`\0${strings.join("\0")}\0`].map((c) => c.charCodeAt(0));
}

export function textOf(image: Uint8Array): string {
  return Array.from(image, (byte) => String.fromCharCode(byte)).join("");
}

/** The address of {@link runnable} in memory. */
export const BASE = 0x400000;

/**
 * A static program: an ELF header, one readable, writable and executable segment, and its bytes from BASE + 0x1000 on.
 */
export function runnable(machine: number, entry: number, bytes: Uint8Array): Uint8Array {
  const image = new Uint8Array(0x1000 + bytes.length);
  const view = new DataView(image.buffer);
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, 64n, true); // e_phoff
  view.setUint16(52, 64, true); // e_ehsize
  view.setUint16(54, 56, true); // e_phentsize
  view.setUint16(56, 1, true); // e_phnum
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 7, true);
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(image.length), true);
  view.setBigUint64(104, BigInt(image.length), true);
  view.setBigUint64(112, 0x1000n, true);
  image.set(bytes, 0x1000);
  return image;
}
