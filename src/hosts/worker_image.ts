import { CHECKSUM_LENGTH, parseChecksumLine } from "../base/checksum_line.ts";
import { ImpError, UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { O_RDONLY } from "../libc/abi.ts";
import { systemError } from "../libc/calling/errno.ts";
import { closeFile, openFile } from "../libc/descriptors/files.ts";
import { readAt, sizeOf } from "../libc/descriptors/spool.ts";
import { ownFile } from "../libc/processes/own_file.ts";
import { runtime } from "../runtime/mod.ts";

/** An executable of imp that can be copied to a host. */
export interface WorkerImage {
  readonly path: string;
  /** As `uname -m` names it. */
  readonly arch: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of all but the line at its end that tells it, in hexadecimal digits. */
  readonly digest: string;
}

/** Bytes that the digest is about. */
export function coveredBytes({ size }: WorkerImage): number {
  return size - CHECKSUM_LENGTH;
}

/** e_machine of elf(5). */
const MACHINES: Readonly<Record<number, string>> = { 62: "x86_64", 183: "aarch64" };
/** What others call them. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ amd64: "x86_64", x64: "x86_64", "x86-64": "x86_64" },
  arm64: "aarch64",
};
const ELF_HEAD = 20;

/** What a machine is called here that calls itself so. */
export function archName(name: string): string {
  return OTHER_NAMES[name] ?? name;
}

/** The executable that runs; undefined from source. */
export function ownImage(): WorkerImage | undefined {
  return runtime.compiled ? readImage(ownFile("by PID")) : undefined;
}

/** @throws ImpError when it is no executable of imp */
export function readImage(path: string): WorkerImage {
  const fd = openFile(path, O_RDONLY);
  try {
    const size = sizeOf(fd);
    const read = (at: number, count: number) => {
      const bytes = readAt(fd, at, count);
      if (typeof bytes === "number") throw systemError(-bytes, "read", path);
      return bytes.slice();
    };
    const head = read(0, ELF_HEAD);
    const arch = head.length < ELF_HEAD || head[0] !== 0x7f
      ? undefined
      : MACHINES[head[18] | head[19] << 8];
    const digest = parseChecksumLine(read(Math.max(0, size - CHECKSUM_LENGTH), CHECKSUM_LENGTH));
    if (arch !== undefined && digest !== undefined) return { path, arch, size, digest };
  } finally {
    closeFile(fd);
  }
  const why = "not an executable of imp, or not a whole one";
  throw new ImpError({ action: "copy", object: path, why, exit: EXIT.failed });
}

/** Reads `--imp-file ARCH=FILE`. @throws UsageError */
export function parseImpFile(text: string): [arch: string, path: string] {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) return [archName(text.slice(0, at)), text.slice(at + 1)];
  throw new UsageError(
    `--imp-file '${text}': not ARCH=FILE`,
    "write for example --imp-file aarch64=./imp; ARCH is what uname -m says there",
  );
}

/** The executables for hosts of each kind. */
export class WorkerImages {
  private readonly images = new Map<string, WorkerImage>();
  /** That of this machine; undefined where imp runs from source. */
  readonly own = ownImage();

  /** @throws ImpError where a file is none, or is for another machine */
  constructor(files: ReadonlyMap<string, string>) {
    if (this.own) this.images.set(this.own.arch, this.own);
    for (const [arch, path] of files) {
      const image = readImage(path);
      if (image.arch !== arch) {
        const why = `it is for ${image.arch}, not for ${arch}`;
        throw new ImpError({ action: "use", object: path, why, exit: EXIT.failed });
      }
      this.images.set(arch, image);
    }
  }

  /** @param arch as `uname -m` says */
  of(arch: string): WorkerImage | undefined {
    return this.images.get(archName(arch));
  }

  /** Names of the copies that may lie on a host: which of them fits is seen there. */
  get all(): readonly WorkerImage[] {
    return [...this.images.values()];
  }
}
