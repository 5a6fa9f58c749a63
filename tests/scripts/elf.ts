/** What a test puts into an executable. */
export interface ElfParts {
  /** e_machine of elf(5). */
  machine: number;
  rodata: number[];
  /** Where .rodata lies in memory; 0 when left out. */
  rodataAddress?: number;
  text: number[];
  data?: number[];
  dynstr: number[];
}

/** A small ELF file with the sections that the patches look at. */
export function elf(
  { machine, rodata, rodataAddress = 0, text, data = [], dynstr }: ElfParts,
): Uint8Array {
  const names = [".shstrtab", ".rodata", ".text", ".data", ".dynstr"];
  const contents = [cStringBytes(names), rodata, text, data, dynstr];
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
    view.setUint32(header, `\0${names.join("\0")}`.indexOf(names[i]), true);
    if (names[i] === ".rodata") view.setBigUint64(header + 16, BigInt(rodataAddress), true);
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
