import { assemble, type CodeItem } from "../../base/machine_code/assemble.ts";
import {
  ELFCLASS64,
  ELFDATA2LSB,
  ELFMAG,
  EM_AARCH64,
  EM_X86_64,
  ET_EXEC,
  EV_CURRENT,
  PF_R,
  PF_W,
  PF_X,
  PT_GNU_STACK,
  PT_LOAD,
} from "../../libc/abi_programs.ts";
import { ELF64_EHDR, ELF64_PHDR } from "../../libc/structs.ts";
import { waiterArm64 } from "./arm64/waiter.ts";
import { waiterX86 } from "./x86_64/waiter.ts";

/** Header, two program headers; elf(5). */
const CODE_AT = ELF64_EHDR.bytes + 2 * ELF64_PHDR.bytes;
/** Its address in memory, whatever the page size. */
const ADDRESS = 0x400000;
const LARGEST_PAGE = 0x10000n;

export type MachineName = "x64" | "arm64";

/** e_machine */
const MACHINES: Readonly<Record<MachineName, number>> = { x64: EM_X86_64, arm64: EM_AARCH64 };

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
  const elf = ELF64_EHDR;
  image.set(ELFMAG);
  image[elf.ei_class] = ELFCLASS64;
  image[elf.ei_data] = ELFDATA2LSB;
  image[elf.ei_version] = EV_CURRENT;
  view.setUint16(elf.e_type, ET_EXEC, true);
  view.setUint16(elf.e_machine, MACHINES[arch], true);
  view.setUint32(elf.e_version, EV_CURRENT, true);
  view.setBigUint64(elf.e_entry, BigInt(labels.get("start")!), true);
  view.setBigUint64(elf.e_phoff, BigInt(elf.bytes), true);
  view.setUint16(elf.e_ehsize, elf.bytes, true);
  view.setUint16(elf.e_phentsize, ELF64_PHDR.bytes, true);
  view.setUint16(elf.e_phnum, 2, true);
  programHeader(view, elf.bytes, PT_LOAD, PF_R | PF_X, image.length);
  // Without it, older kernels make the stack and all mappings executable.
  programHeader(view, elf.bytes + ELF64_PHDR.bytes, PT_GNU_STACK, PF_R | PF_W, 0);
  image.set(bytes, CODE_AT);
  return image;
}

function programHeader(view: DataView, at: number, type: number, flags: number, size: number) {
  const part = ELF64_PHDR;
  view.setUint32(at + part.p_type, type, true);
  view.setUint32(at + part.p_flags, flags, true);
  if (size > 0) {
    view.setBigUint64(at + part.p_vaddr, BigInt(ADDRESS), true);
    view.setBigUint64(at + part.p_paddr, BigInt(ADDRESS), true);
    view.setBigUint64(at + part.p_filesz, BigInt(size), true);
    view.setBigUint64(at + part.p_memsz, BigInt(size), true);
  }
  view.setBigUint64(at + part.p_align, size > 0 ? LARGEST_PAGE : 16n, true);
}
