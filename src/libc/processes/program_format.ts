import { ENOEXEC, O_NONBLOCK, O_RDONLY } from "../abi.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { runtime } from "../../runtime/mod.ts";
import { closeFile, readSome, tryOpen } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { execError, isShellScript } from "./program_file.ts";
import { listDirectory, statFd } from "../descriptors/stat.ts";

/** How many interpreters that are scripts themselves the kernel follows, binfmt_script(5). */
const MOST_SCRIPTS = 5;
const PT_INTERP = 3;

/** e_machine of programs that the kernels of these machines run natively. */
const MACHINES = { x64: [62, 3], arm64: [183, 40] };

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
  return head.length >= 52 && head[0] === 0x7f && head[1] === 69 && head[2] === 76 &&
    head[3] === 70;
}

/** Elf64_Ehdr and Elf64_Phdr, elf(5). For 32-bit programs only the machine is checked. */
function loaderOf(fd: number, head: Uint8Array): Next {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const is64 = head[4] === 2;
  const known = (is64 || head[4] === 1) && head[5] === 1 &&
    MACHINES[runtime.arch].includes(view.getUint16(18, true));
  if (!known) return "unknown";
  if (!is64 || head.length < 64) return "none";
  const [table, size, count] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  for (let i = 0; i < count; i++) {
    const at = table + i * size;
    if (at + 56 > head.length) break;
    if (view.getUint32(at, true) !== PT_INTERP) continue;
    const path = textAtOffset(fd, Number(view.getBigUint64(at + 8, true)));
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
