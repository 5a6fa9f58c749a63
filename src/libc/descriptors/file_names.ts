import { AT_FDCWD, AT_REMOVEDIR } from "../abi.ts";
import { AT_SYMLINK_FOLLOW, UTIME_OMIT } from "../abi_files.ts";
import { FILE_TIMES } from "../structs.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, cString, scratch } from "../calling/memory.ts";

const c = libc("renameat", "unlinkat");

/** Renames a file within an open directory, replacing any file of the new name. @returns 0, or -errno */
export function renameIn(directory: number, from: string, to: string): number {
  return scratch(() =>
    c.renameat(directory, cString(from), directory, cString(to)) === 0 ? 0 : -errno()
  );
}

/** Removes a file's name from an open directory. @returns 0, or -errno */
export function removeIn(directory: number, name: string): number {
  return scratch(() => c.unlinkat(directory, cString(name), 0) === 0 ? 0 : -errno());
}

/** Removes an empty directory from an open one. @returns 0, or -errno (-ENOTEMPTY) */
export function removeDirectoryIn(directory: number, name: string): number {
  return scratch(() => c.unlinkat(directory, cString(name), AT_REMOVEDIR) === 0 ? 0 : -errno());
}

/** Makes a directory in an open one. @returns 0, or -errno (-EEXIST) */
export function makeDirectoryIn(directory: number, name: string, mode: number): number {
  const { mkdirat } = libc("mkdirat");
  return scratch(() => mkdirat(directory, cString(name), mode) === 0 ? 0 : -errno());
}

/** Makes a symbolic link in an open directory. @returns 0, or -errno (-EEXIST) */
export function makeLinkIn(directory: number, name: string, target: string): number {
  const { symlinkat } = libc("symlinkat");
  return scratch(() => symlinkat(cString(target), directory, cString(name)) === 0 ? 0 : -errno());
}

/** Links an open file without a name (O_TMPFILE) into an open directory. @returns 0, or -errno (-EEXIST) */
export function nameFile(fd: number, directory: number, name: string): number {
  const { linkat } = libc("linkat");
  return scratch(() => {
    const file = cString(`/proc/self/fd/${fd}`);
    const code = linkat(AT_FDCWD, file, directory, cString(name), AT_SYMLINK_FOLLOW);
    return code === 0 ? 0 : -errno();
  });
}

/** Sets the permission bits of an open file. @returns 0, or -errno */
export function setMode(fd: number, mode: number): number {
  return libc("fchmod").fchmod(fd, mode) === 0 ? 0 : -errno();
}

/** Sets an open file's modification time: whole seconds since 1970, and nanoseconds. @returns 0, or -errno */
export function setModified(fd: number, seconds: number, nanoseconds: number): number {
  const { futimens } = libc("futimens");
  return scratch(() => {
    const { address, view } = allocate(FILE_TIMES.bytes);
    view.setBigInt64(FILE_TIMES.access_nsec, BigInt(UTIME_OMIT), true);
    view.setBigInt64(FILE_TIMES.modify_sec, BigInt(seconds), true);
    view.setBigInt64(FILE_TIMES.modify_nsec, BigInt(nanoseconds), true);
    return futimens(fd, address) === 0 ? 0 : -errno();
  });
}
