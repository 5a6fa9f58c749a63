import { CHECKSUM_LENGTH, parseChecksumLine } from "../base/checksum_line.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { O_RDONLY } from "../libc/abi.ts";
import { ELFMAG, EM_AARCH64, EM_X86_64 } from "../libc/abi_programs.ts";
import { ELF64_EHDR } from "../libc/structs.ts";
import { systemError } from "../libc/calling/errno.ts";
import { closeFile, moveUp, openFile } from "../libc/descriptors/files.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { readAt, sizeOf } from "../libc/descriptors/spool.ts";
import { ownFile } from "../libc/processes/own_file.ts";
import { runtime } from "../runtime/mod.ts";

/** An imp executable that can be copied to a host. */
export interface WorkerImage {
  /** In /proc, to the file itself: its name may be reused while it is sent. */
  readonly path: string;
  /** Named as by `uname -m`. */
  readonly arch: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal SHA-256 of everything before the line at its end that contains it. */
  readonly digest: string;
}

/** How many bytes the digest covers. */
export function coveredBytes({ size }: WorkerImage): number {
  return size - CHECKSUM_LENGTH;
}

/** e_machine of elf(5). */
const MACHINES: Readonly<Record<number, string>> = {
  [EM_X86_64]: "x86_64",
  [EM_AARCH64]: "aarch64",
};

/** The running executable; undefined from source, and if it was modified: hosts may have imp all the same. */
function ownImage(): WorkerImage | undefined {
  if (!runtime.compiled) return undefined;
  try {
    return readImage(ownFile("by PID"));
  } catch (error) {
    if (error instanceof ImpError) return undefined;
    throw error;
  }
}

/** @returns with an open descriptor. @throws ImpError if it is not an executable of imp */
function readImage(path: string): WorkerImage {
  const fd = moveUp(openFile(path, O_RDONLY), FLOOR.job);
  let image: WorkerImage | undefined;
  try {
    const size = sizeOf(fd);
    const read = (at: number, count: number) => {
      const bytes = readAt(fd, at, count);
      if (typeof bytes === "number") throw systemError(-bytes, "read", path);
      return bytes.slice();
    };
    const arch = machineOf(read(0, ELF64_EHDR.bytes));
    const digest = parseChecksumLine(read(Math.max(0, size - CHECKSUM_LENGTH), CHECKSUM_LENGTH));
    if (arch !== undefined && digest !== undefined) {
      return image = { path: `/proc/self/fd/${fd}`, arch, size, digest };
    }
  } finally {
    if (!image) closeFile(fd);
  }
  const why = "not an executable of imp, or not a whole one";
  throw new ImpError({ action: "copy", object: path, why, exit: EXIT.failed });
}

function machineOf(head: Uint8Array): string | undefined {
  if (head.length < ELF64_EHDR.bytes || ELFMAG.some((byte, i) => head[i] !== byte)) {
    return undefined;
  }
  return MACHINES[new DataView(head.buffer).getUint16(ELF64_EHDR.e_machine, true)];
}

/**
 * The executables for hosts, one per machine type: this one, and the files of `--imp-file`.
 * @throws ImpError if a file is not one, or is for another machine
 */
export function workerImages(files: ReadonlyMap<string, string>): WorkerImage[] {
  const own = ownImage();
  const images = new Map(own ? [[own.arch, own]] : []);
  for (const [arch, path] of files) {
    const image = readImage(path);
    if (image.arch !== arch) {
      const why = `it is for ${image.arch}, not for ${arch}`;
      throw new ImpError({ action: "copy", object: path, why, exit: EXIT.failed });
    }
    images.set(arch, image);
  }
  return [...images.values()];
}
