import { ENOEXEC, O_NONBLOCK, O_RDONLY } from "../abi.ts";
import {
  ELFCLASS32,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFMAG,
  EM_386,
  EM_AARCH64,
  EM_ARM,
  EM_X86_64,
  PT_INTERP,
} from "../abi_programs.ts";
import { ELF32_EHDR_BYTES, ELF64_EHDR, ELF64_PHDR } from "../structs.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { runtime } from "../../runtime/mod.ts";
import { closeFile, readSome, tryOpen } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { execError, isShellScript } from "./program_file.ts";
import { listDirectory, statFd } from "../descriptors/stat.ts";

/** How many interpreters that are scripts themselves the kernel follows, binfmt_script(5). */
const MOST_SCRIPTS = 5;

/** e_machine of programs that the kernels of these machines run natively. */
const MACHINES = { x64: [EM_X86_64, EM_386], arm64: [EM_AARCH64, EM_ARM] };

/**
 * The files that execve(2) needs besides the program: the interpreters of a script, the loader of an ELF file, the
 * shell for text without `#!`. They may not exist.
 * @throws ImpError (ENOEXEC) if the kernel certainly cannot run it
 */
export function interpreters(file: string): string[] {
  const found: string[] = [];
  for (let at = file; found.length < MOST_SCRIPTS;) {
    const next = interpreterOf(at);
    if (next === "unknown" && at === file && !otherFormats()) throw execError(file, ENOEXEC);
    if (next === "none" || next === "unknown") break;
    found.push(next.path);
    if (next.kind === "loader") break;
    at = next.path;
  }
  return found;
}

/** `none`: it needs none, or that is unknown; `unknown`: not a format of the kernel's own. */
type Next = { readonly kind: "script" | "loader"; readonly path: string } | "none" | "unknown";

function interpreterOf(file: string): Next {
  const fd = tryOpen(file, O_RDONLY | O_NONBLOCK);
  // It may be executable without being readable.
  if (fd < 0) return "none";
  try {
    const head = statFd(fd).kind === "file" ? readSome(fd) : 0;
    if (typeof head === "number") return "none";
    const line = textFromBytes(head.subarray(0, 256)).split("\n", 1)[0];
    const path = /^#![ \t]*([^ \t]+)/.exec(line)?.[1];
    if (path !== undefined) return { kind: "script", path };
    if (isElf(head)) return loaderOf(fd, head);
    return isShellScript(file) ? { kind: "loader", path: "/bin/sh" } : "unknown";
  } finally {
    closeFile(fd);
  }
}

function isElf(head: Uint8Array): boolean {
  return head.length >= ELF32_EHDR_BYTES && ELFMAG.every((byte, i) => head[i] === byte);
}

/** Elf64_Ehdr and Elf64_Phdr, elf(5). For 32-bit programs only the machine is checked. */
function loaderOf(fd: number, head: Uint8Array): Next {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const elf = ELF64_EHDR;
  const is64 = head[elf.ei_class] === ELFCLASS64;
  const known = (is64 || head[elf.ei_class] === ELFCLASS32) && head[elf.ei_data] === ELFDATA2LSB &&
    MACHINES[runtime.arch].includes(view.getUint16(elf.e_machine, true));
  if (!known) return "unknown";
  if (!is64 || head.length < elf.bytes) return "none";
  const table = Number(view.getBigUint64(elf.e_phoff, true));
  const size = view.getUint16(elf.e_phentsize, true), count = view.getUint16(elf.e_phnum, true);
  for (let i = 0; i < count; i++) {
    const at = table + i * size;
    if (at + ELF64_PHDR.bytes > head.length) break;
    if (view.getUint32(at + ELF64_PHDR.p_type, true) !== PT_INTERP) continue;
    const path = textAtOffset(fd, Number(view.getBigUint64(at + ELF64_PHDR.p_offset, true)));
    return path === "" ? "none" : { kind: "loader", path };
  }
  return "none";
}

function textAtOffset(fd: number, offset: number): string {
  return scratch(() => {
    const { address, bytes } = allocate(256);
    const n = libc("pread").pread(fd, address, bytes.length, offset);
    const end = bytes.indexOf(0);
    return n <= 0 || end < 0 ? "" : textFromBytes(bytes.slice(0, end));
  });
}

/**
 * Whether the kernel has been given other formats (binfmt_misc): Windows or Java programs, those for other machines.
 */
function otherFormats(): boolean {
  const names = listDirectory("/proc/sys/fs/binfmt_misc");
  return typeof names !== "string" &&
    names.some((name) => name !== "register" && name !== "status");
}
