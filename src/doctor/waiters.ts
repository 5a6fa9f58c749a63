import { dirname } from "@std/path/dirname";
import { ImpError } from "../base/errors.ts";
import { keeperHome, waiterDirectory } from "../keeper/home.ts";
import { INSTALLED_WAITER, installedWaiter, ownWaiterImage } from "../keeper/waiter/place.ts";
import { AT_FDCWD, EOPNOTSUPP, O_CLOEXEC, O_CREAT, O_EXCL, O_RDONLY, O_RDWR } from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { errnoName } from "../libc/calling/errno.ts";
import { libc } from "../libc/calling/load.ts";
import { closeFile, openFile, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { removeIn } from "../libc/descriptors/file_names.ts";
import { createUnnamedFile } from "../libc/descriptors/spool.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { spawn } from "../libc/processes/spawn.ts";
import { waitFor } from "../libc/processes/wait.ts";
import type { Finding } from "./finding.ts";

/** Where the waiters of kept daemons could be executed. */
export interface WaiterFacts {
  /** The installed file exists, is imp's, and may be executed. */
  readonly installed: boolean;
  /** The directory for a file of this user, or its nearest existing ancestor. */
  readonly directory?: string;
  /** The result of executing a file in it: 0, an errno, undefined if it could not be tried. */
  readonly code?: number;
}

/** A waiter without a page exits at once: executing one shows whether it may be executed. */
export function readWaiterFacts(): WaiterFacts {
  const path = installedWaiter();
  const installed = path !== undefined && execution(path) === 0;
  let directory: string;
  try {
    directory = nearestDirectory(waiterDirectory(keeperHome()));
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    return { installed };
  }
  return { installed, directory, code: tryIn(directory) };
}

/** Pure. */
export function judgeWaiters({ installed, directory, code }: WaiterFacts): Finding {
  const check = "keepers";
  const data = { installed, directory: directory ?? null, errno: code ? errnoName(code) : null };
  const small = "the two keepers of a daemon take 16 KB each";
  if (installed) {
    return { check, grade: "good", fact: `${INSTALLED_WAITER} is used`, meaning: small, data };
  }
  if (code === 0) {
    const fact = `files in ${directory} may be executed`;
    return { check, grade: "good", fact, meaning: small, data };
  }
  const unknown = code === undefined;
  return {
    check,
    grade: unknown ? "unknown" : "note",
    fact: directory === undefined
      ? "there is no directory for kept daemons"
      : `files in ${directory} ${
        unknown ? "could not be tried" : `cannot be executed: ${errnoName(code)}`
      }`,
    meaning: "where a small file may not be executed, imp itself stays as the keepers of a daemon",
    advice: `IMP_HOME on a file system without noexec, or a package that has ${INSTALLED_WAITER}`,
    data,
  };
}

/** On file systems without unnamed files (overlayfs before Linux 6.3), a name that is removed at once. */
function trialFile(directory: string): number {
  const unnamed = createUnnamedFile(directory);
  if (unnamed !== -EOPNOTSUPP) return unnamed;
  const path = `${directory}/.imp-trial-${crypto.randomUUID()}`;
  const fd = tryOpen(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600);
  if (fd >= 0) removeIn(AT_FDCWD, path);
  return fd;
}

/** In a file that leaves nothing behind. */
function tryIn(directory: string): number | undefined {
  const written = trialFile(directory);
  if (written < 0) return undefined;
  let readable = -1;
  try {
    writeAll(written, ownWaiterImage());
    if (libc("fchmod").fchmod(written, 0o500) !== 0) return undefined;
    readable = tryOpen(`/proc/self/fd/${written}`, O_RDONLY);
  } finally {
    closeFile(written);
  }
  if (readable < 0) return undefined;
  try {
    return execution(`/proc/self/fd/${readable}`);
  } finally {
    closeFile(readable);
  }
}

/** @returns 0 or an errno */
function execution(path: string): number {
  const nothing = openFile("/dev/null", O_RDWR);
  try {
    const pid = spawn({
      path,
      argv: ["imp-keeper"],
      env: [],
      descriptors: [[nothing, 0], [nothing, 1], [nothing, 2]],
      close: [5],
    });
    if (pid > 0) waitFor(pid);
    return pid > 0 ? 0 : -pid;
  } finally {
    closeFile(nothing);
  }
}

function nearestDirectory(path: string): string {
  const status = statPath(path);
  if (typeof status !== "string" && status.kind === "directory") return path;
  return nearestDirectory(dirname(path));
}
