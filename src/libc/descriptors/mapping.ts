import { EINTR, EIO, MAP_PRIVATE, MAP_SHARED, MFD_CLOEXEC, PROT_READ, PROT_WRITE } from "../abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { errno, systemError } from "../calling/errno.ts";
import { closeFile } from "./files.ts";
import { libc, syscall } from "../calling/load.ts";
import { cString, scratch } from "../calling/memory.ts";

const c = libc("mmap", "munmap", "ftruncate", "pread", "pwrite", "dlsym");

/** Smaller typed arrays may lie in memory that moves. */
const STEADY_BYTES = 4096;

let munmap: number | undefined;

/**
 * Zeroed memory that can be passed to other processes: a close-on-exec file in memory; memfd_create(2). It exists as
 * long as any descriptor or mapping of it. Bytes never written cost nothing.
 * @param name what /proc shows it as
 * @throws ImpError (EMFILE, ENOMEM)
 */
export function createSharedMemory(bytes: number, name = "imp-shared"): number {
  const fd = scratch(() => syscall("memfd_create", cString(name), MFD_CLOEXEC));
  if (fd < 0) throw systemError(errno(), "make", "shared memory");
  if (c.ftruncate(fd, bytes) < 0) {
    const code = errno();
    closeFile(fd);
    throw systemError(code, "make", `shared memory of ${bytes} bytes`);
  }
  return fd;
}

/**
 * Maps the memory itself, not a copy: all processes see what one writes. The descriptor may be closed afterwards. Under
 * Bun the mapping ends with the buffer; under Deno it stays until the process exits, so do not use it for what is made
 * again and again ({@link receiveBuffer} is meant for that).
 * @param bytes more than 0, and no more than the file has: access beyond its end raises SIGBUS
 * @throws ImpError (ENOMEM)
 */
export function mapShared(fd: number, bytes: number): ArrayBuffer {
  return map(fd, bytes);
}

/** A file in memory holding a copy of these bytes. @throws ImpError (EMFILE, ENOMEM) */
export function sendBuffer(bytes: Uint8Array): number {
  const fd = createSharedMemory(bytes.length);
  try {
    if (bytes.length >= STEADY_BYTES) move("pwrite", fd, bytes);
    else if (bytes.length > 0) new Uint8Array(map(fd, bytes.length)).set(bytes);
    return fd;
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/**
 * Reads what {@link sendBuffer} put into a file in memory, which nobody writes to any more. Bun maps it without a copy,
 * Deno reads it. Always closes the descriptor.
 * @param kept others read the same file, and must not see what is written to the buffer
 * @throws ImpError (ENOMEM)
 */
export function receiveBuffer(fd: number, bytes: number, kept = false): ArrayBuffer {
  try {
    if (bytes === 0) return new ArrayBuffer(0);
    // Not MAP_POPULATE: it costs as much as reading everything, and a process that passes the data on reads little of
    // it.
    if (runtime.releasesMemory) return map(fd, bytes, kept ? MAP_PRIVATE : MAP_SHARED);
    const buffer = new ArrayBuffer(Math.max(bytes, STEADY_BYTES));
    move("pread", fd, new Uint8Array(buffer, 0, bytes));
    return bytes === buffer.byteLength ? buffer : buffer.slice(0, bytes);
  } finally {
    closeFile(fd);
  }
}

function map(fd: number, bytes: number, how = MAP_SHARED): ArrayBuffer {
  const address = c.mmap(0, bytes, PROT_READ | PROT_WRITE, how, fd, 0);
  // MAP_FAILED is (void *) -1, which a number cannot hold as an address.
  if (address < 0 || address > Number.MAX_SAFE_INTEGER) {
    throw systemError(errno(), "map", `${bytes} bytes of shared memory`);
  }
  munmap ??= scratch(() => c.dlsym(0, cString("munmap")));
  return runtime.bufferOver(address, bytes, munmap);
}

type Transfer = "pread" | "pwrite";

/** Moves all bytes between `view` and the beginning of a file, however few the kernel takes at a time. */
function move(how: Transfer, fd: number, view: Uint8Array): void {
  for (let done = 0; done < view.length;) {
    const n = c[how](fd, runtime.addressOf(view) + done, view.length - done, done);
    const code = n < 0 ? errno() : n === 0 ? EIO : 0;
    if (code === 0) done += n;
    else if (code !== EINTR) throw systemError(code, how, `${view.length} bytes of shared memory`);
  }
}
