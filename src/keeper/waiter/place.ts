import { GROUP_AND_OTHERS_WRITE, S_IXUGO } from "../../libc/abi_files.ts";
import { EINVAL, MFD_CLOEXEC, MFD_EXEC, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { errno } from "../../libc/calling/errno.ts";
import { libc, syscall } from "../../libc/calling/load.ts";
import { cString, scratch } from "../../libc/calling/memory.ts";
import { closeFile, openFile, tryOpen, writeAll } from "../../libc/descriptors/files.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { writeWhole } from "../../libc/descriptors/whole_file.ts";
import { runtime } from "../../runtime/mod.ts";
import { makeOwnDirectory, waiterDirectory } from "../home.ts";
import { removeLeftWorkingFiles } from "../records/record_file.ts";
import { waiterImage } from "./image.ts";

/** Where packages install it. */
export const INSTALLED = "/usr/libexec/imp";
export const INSTALLED_WAITER = `${INSTALLED}/imp-keeper`;

const MODE = 0o500;

/** One of imp's small executables: its file name, and its bytes. */
export interface SmallExecutable {
  readonly name: string;
  readonly image: () => Uint8Array;
}

/** The executable of waiters, in base64, from scripts/build: assembling it would cost `imp start` some milliseconds. */
declare const IMP_WAITER: string | undefined;

let image: Uint8Array | undefined;

/** The executable of waiters for this machine. */
export function ownWaiterImage(): Uint8Array {
  return image ??= typeof IMP_WAITER === "undefined"
    ? waiterImage(runtime.arch)
    : assembledImage(IMP_WAITER);
}

/** Decodes what scripts/build has assembled. */
export function assembledImage(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
}

const KEEPER: SmallExecutable = { name: "imp-keeper", image: ownWaiterImage };

/** The installed file, if it holds this imp's waiter and only root and this user can change it. */
export function installedWaiter(of = KEEPER): string | undefined {
  const path = `${INSTALLED}/${of.name}`;
  return holds(path, of.image()) ? path : undefined;
}

/**
 * The file in the state directory, written if it is missing or holds anything else.
 * @throws ImpError if it cannot be written
 */
export function stateWaiter(home: string, of = KEEPER): string {
  const directory = waiterDirectory(home);
  const path = `${directory}/${of.name}`;
  if (!holds(path, of.image())) {
    makeOwnDirectory(directory);
    write(directory, of);
  }
  return path;
}

/** An executable memory file, close-on-exec. @returns -errno if this host has none */
export function memoryWaiter(): number {
  let fd = create(MFD_CLOEXEC | MFD_EXEC);
  // Before Linux 6.3 this flag did not exist, and all memory files were executable.
  if (fd === -EINVAL) fd = create(MFD_CLOEXEC);
  if (fd >= 0) writeAll(fd, ownWaiterImage(), KEEPER.name);
  return fd;
}

function create(flags: number): number {
  const fd = scratch(() => syscall("memfd_create", cString(KEEPER.name), flags));
  return fd < 0 ? -errno() : fd;
}

/** Compares byte by byte; only root and this user may be able to change it. */
function holds(path: string, wanted: Uint8Array): boolean {
  const fd = tryOpen(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  try {
    const { kind, mode, uid, size } = statFd(fd);
    if (kind !== "file" || size !== wanted.length) return false;
    if (uid !== 0 && uid !== libc("geteuid").geteuid()) return false;
    if (mode & GROUP_AND_OTHERS_WRITE || !(mode & S_IXUGO)) return false;
    const bytes = readAt(fd, 0, size);
    return typeof bytes !== "number" && bytes.length === size &&
      bytes.every((byte, i) => byte === wanted[i]);
  } finally {
    closeFile(fd);
  }
}

/** It replaces the old one once it is complete: others may be starting waiters from that. */
function write(directory: string, { name, image }: SmallExecutable): void {
  removeLeftWorkingFiles(directory);
  const at = openFile(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    writeWhole(`${directory}/${name}`, image(), { at, mode: MODE });
  } finally {
    closeFile(at);
  }
}
