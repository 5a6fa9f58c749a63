import { findAll, section, sectionAddress, UnknownLayout, word } from "./elf.ts";

/** Changes the default of a mimalloc option, in place. */
export function setAllocatorOption(
  image: Uint8Array,
  name: string,
  from: number,
  to: number,
): void {
  // The linker may have merged the name into the end of a longer string.
  const cString = [...`${name}\0`].map((c) => c.charCodeAt(0));
  const addresses = findAll(section(image, ".rodata"), cString)
    .map((offset) => sectionAddress(image, ".rodata") + offset);
  const data = section(image, ".data");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const entries = addresses.flatMap((address) => findAll(data, [...word(address), 0, 0, 0, 0]))
    .map((at) => at - NAME_AT)
    .filter((at) => at >= 0 && view.getBigInt64(at, true) === BigInt(from));
  if (entries.length !== 1) {
    throw new UnknownLayout(
      `the option ${name} = ${from} occurs ${entries.length} times, not once`,
    );
  }
  view.setBigInt64(entries[0], BigInt(to), true);
}

/** struct mi_option_desc_s: intptr_t value; int init, option; const char *name, *legacy_name. */
const NAME_AT = 16;
