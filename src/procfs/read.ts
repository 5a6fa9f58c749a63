import { O_RDONLY } from "../libc/abi.ts";
import { errnoName } from "../libc/calling/errno.ts";
import { closeFile, readLink, readRecord, readToEnd, tryOpen } from "../libc/descriptors/files.ts";
import { ImpError } from "../base/errors.ts";
import { statPath } from "../libc/descriptors/stat.ts";

// A byte order mark is a character like any other: a name may begin with it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Why a file in /proc could not be read. */
export class Unreadable {
  /** @param errno name of the error, EACCES for another user's process */
  constructor(readonly errno: string) {}

  /** The process, or what was asked for, does not exist (any more). */
  get gone(): boolean {
    return this.errno === "ENOENT" || this.errno === "ESRCH";
  }
}

/** The text of a file in /proc. Bytes that are not UTF-8 become U+FFFD. */
export function readProcText(path: string): string | Unreadable {
  const bytes = readProcBytes(path);
  return bytes instanceof Unreadable ? bytes : decoder.decode(bytes);
}

/** Like {@link readProcText}, for files that the kernel generates for one read(2): stat, status, cmdline, environ. */
export function readProcRecord(path: string): string | Unreadable {
  const bytes = readRecord(path);
  return typeof bytes === "number" ? new Unreadable(errnoName(-bytes)) : decoder.decode(bytes);
}

function readProcBytes(path: string): Uint8Array | Unreadable {
  const fd = tryOpen(path, O_RDONLY);
  if (fd < 0) return new Unreadable(errnoName(-fd));
  try {
    return readToEnd(fd, path);
  } catch (error) {
    // A file in /proc may be opened and still fail to read: ESRCH if the process has ended meanwhile.
    if (error instanceof ImpError && error.errno) return new Unreadable(error.errno);
    throw error;
  } finally {
    closeFile(fd);
  }
}

/** The target of a link in /proc. */
export function readProcLink(path: string): string | Unreadable {
  const target = readLink(path);
  if (target !== undefined) return target;
  // Following the link takes the same permission as reading it; so this fails for the same reason.
  const status = statPath(path);
  return new Unreadable(typeof status === "string" ? status : "ENOENT");
}

/** The value, or undefined when it could not be read. */
export function orUndefined<T>(value: T | Unreadable): T | undefined {
  return value instanceof Unreadable ? undefined : value;
}
