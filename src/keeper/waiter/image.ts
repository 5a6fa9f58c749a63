import { assemble, type CodeItem } from "../../base/machine_code/assemble.ts";
import { waiterArm64 } from "./arm64/waiter.ts";
import { waiterX86 } from "./x86_64/waiter.ts";

/** elf(5): header, two program headers. */
const EHDR_BYTES = 64, PHDR_BYTES = 56;
const CODE_AT = EHDR_BYTES + 2 * PHDR_BYTES;
/** Its address in memory, whatever the page size. */
const ADDRESS = 0x400000;
const LARGEST_PAGE = 0x10000n;
const PF_X = 1, PF_W = 2, PF_R = 4;
const PT_LOAD = 1, PT_GNU_STACK = 0x6474e551;

export type MachineName = "x64" | "arm64";

/** e_machine */
const MACHINES: Readonly<Record<MachineName, number>> = { x64: 62, arm64: 183 };

/** The executable of waiters. */
export function waiterImage(arch: MachineName): Uint8Array {
  return executableImage(arch, arch === "x64" ? waiterX86() : waiterArm64());
}

/**
 * A static executable with a single segment, readable and executable but not writable. It begins at the label `start`.
 */
export function executableImage(arch: MachineName, code: readonly CodeItem[]): Uint8Array {
  const { bytes, labels } = assemble(code, ADDRESS + CODE_AT);
  const image = new Uint8Array(CODE_AT + bytes.length);
  const view = new DataView(image.buffer);
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // \x7fELF, 64 bits, little-endian, version 1
  view.setUint16(16, 2, true); // e_type: ET_EXEC
  view.setUint16(18, MACHINES[arch], true); // e_machine
  view.setUint32(20, 1, true); // e_version
  view.setBigUint64(24, BigInt(labels.get("start")!), true); // e_entry
  view.setBigUint64(32, BigInt(EHDR_BYTES), true); // e_phoff
  view.setUint16(52, EHDR_BYTES, true); // e_ehsize
  view.setUint16(54, PHDR_BYTES, true); // e_phentsize
  view.setUint16(56, 2, true); // e_phnum
  programHeader(view, EHDR_BYTES, PT_LOAD, PF_R | PF_X, image.length);
  // Without it, older kernels make the stack and all mappings executable.
  programHeader(view, EHDR_BYTES + PHDR_BYTES, PT_GNU_STACK, PF_R | PF_W, 0);
  image.set(bytes, CODE_AT);
  return image;
}

function programHeader(view: DataView, at: number, type: number, flags: number, size: number) {
  view.setUint32(at, type, true); // p_type
  view.setUint32(at + 4, flags, true); // p_flags
  if (size > 0) {
    view.setBigUint64(at + 16, BigInt(ADDRESS), true); // p_vaddr
    view.setBigUint64(at + 24, BigInt(ADDRESS), true); // p_paddr
    view.setBigUint64(at + 32, BigInt(size), true); // p_filesz
    view.setBigUint64(at + 40, BigInt(size), true); // p_memsz
  }
  view.setBigUint64(at + 48, size > 0 ? LARGEST_PAGE : 16n, true); // p_align
}
