// What a forked child records about itself: prepared memory and libc calls only.

import { O_CLOEXEC, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from "../abi.ts";
import { O_NOFOLLOW } from "../machine.ts";
import { libc } from "../calling/load.ts";
import { allocateForGood } from "../calling/memory.ts";

const c = libc("open", "openat", "close", "read", "pwrite", "renameat", "unlinkat", "getpid");

const WORKING_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
/** 52 numbers of at most 20 digits, and a name. */
const STAT_BYTES = 2048;
/** Ten digits and a newline. */
const PID_BYTES = 11;

const path = allocateForGood(32);
new TextEncoder().encodeInto("/proc/self/stat", path.bytes);
const statText = allocateForGood(STAT_BYTES).address;
const pidText = allocateForGood(PID_BYTES);
/** `NAME=PID`, and the NUL. */
const variable = allocateForGood(64);
/** Where the digits begin. */
let valueAt = 0;

/**
 * Copies /proc/self/stat to an open file, from byte `at` on. @returns negative, with errno, on failure; 0 without /proc
 */
export function copyOwnStat(to: number, at: number): number {
  const from = c.open(path.address, O_RDONLY | O_CLOEXEC, 0);
  if (from < 0) return 0;
  const n = c.read(from, statText, STAT_BYTES);
  c.close(from);
  return n <= 0 || c.pwrite(to, statText, n, at) === n ? 0 : -1;
}

/**
 * Writes the calling process' PID and a newline to a file that is renamed when complete, replacing any of that name.
 * @param directory holds both names
 * @param working C string: the name until then. Whatever has it is unlinked: the directory may be another user's, and
 * the name a second link to a file of ours, or a FIFO
 * @param name C string
 * @returns negative, with errno, on failure
 */
export function writeOwnPid(directory: number, working: number, name: number): number {
  let rest = c.getpid();
  let at = PID_BYTES;
  pidText.bytes[--at] = 10;
  do {
    pidText.bytes[--at] = 48 + rest % 10;
    rest = (rest / 10) | 0;
  } while (rest > 0);
  c.unlinkat(directory, working, 0);
  const fd = c.openat(directory, working, WORKING_FLAGS, 0o644);
  if (fd < 0) return -1;
  const length = PID_BYTES - at;
  if (c.pwrite(fd, pidText.address + at, length, 0) !== length) return -1;
  c.close(fd);
  return c.renameat(directory, working, directory, name);
}

/** Call before fork. @returns the address of the word that {@link writePidVariable} completes */
export function preparePidVariable(name: string): number {
  valueAt = new TextEncoder().encodeInto(`${name}=`, variable.bytes).written;
  if (valueAt + PID_BYTES > variable.bytes.length) throw new RangeError(`${name} is too long`);
  return variable.address;
}

/** Without leading zeros: a reader may take them for octal. */
export function writePidVariable(): number {
  const pid = c.getpid();
  let length = 1;
  for (let rest = (pid / 10) | 0; rest > 0; rest = (rest / 10) | 0) length++;
  variable.bytes[valueAt + length] = 0;
  let rest = pid;
  for (let at = valueAt + length - 1; at >= valueAt; at--) {
    variable.bytes[at] = 48 + rest % 10;
    rest = (rest / 10) | 0;
  }
  return 0;
}
