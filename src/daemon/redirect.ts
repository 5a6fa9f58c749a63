import { splitPath } from "../base/split_path.ts";
import { dirname } from "@std/path/dirname";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import {
  EAGAIN,
  EEXIST,
  EISDIR,
  ENOENT,
  ENXIO,
  F_SETFL,
  F_SETLEASE,
  F_SETSIG,
  F_WRLCK,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SIGURG,
} from "../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../libc/machine.ts";
import type { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { errno, systemError } from "../libc/calling/errno.ts";
import { closeFile, moveUp, readLink, tryOpen } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import type { OpenedForUser } from "../libc/users/open_for_user.ts";
import type { Purpose } from "../libc/users/path_walk.ts";
import { absolute } from "../libc/processes/program_file.ts";
import { hintOfNoDevice, statAt, statFd, statPath } from "../libc/descriptors/stat.ts";
import type { DaemonSettings } from "./settings.ts";

const c = libc("fcntl", "unlinkat");

/** As many as the kernel follows. */
const MOST_LINKS = 40;

/** How root opens files for the daemon's user: open_for_user.ts. Without it imp opens them with its own rights. */
export type OpenFor = (path: string, purpose: Purpose) => OpenedForUser;

/** What becomes descriptors 0-2 of a daemon. */
export interface Redirections {
  /** Pairs [opened, wanted], without those that the daemon keeps from its caller. */
  readonly descriptors: readonly (readonly [from: number, to: number])[];
  /** Descriptors of files to be emptied. */
  readonly emptied: readonly number[];
  readonly made: readonly MadeFile[];
}

/** A file created for a start. */
export interface MadeFile {
  readonly fd: number;
  /** The open directory, and the name in it. */
  readonly directory: number;
  readonly name: string;
}

interface Output {
  readonly fd: number;
  readonly made?: MadeFile;
}

/**
 * Opens what becomes descriptors 0-2 of the daemon before anything is started, so that errors can be reported
 * precisely. A file created here belongs to the daemon's user, who may have to rotate it.
 * @param openFor see {@link OpenFor}
 * @throws ImpError; created files are removed
 */
export function openRedirections(
  settings: DaemonSettings,
  openFor: OpenFor | undefined,
): Redirections {
  const outputs: Output[] = [];
  try {
    const descriptors = openAll(settings, openFor, outputs);
    const emptied = settings.truncate ? outputs.filter(isOldFile).map(({ fd }) => fd) : [];
    return { descriptors, emptied, made: madeIn(outputs) };
  } catch (error) {
    removeMade(madeIn(outputs));
    throw error;
  }
}

/**
 * Removes files created for a start that failed, unless something was written to them or somebody else has them open:
 * another start may use the same log.
 */
export function removeMade(made: readonly MadeFile[]): void {
  for (const { fd, directory, name } of made) {
    const { size, inode } = statFd(fd);
    const there = statAt(directory, name);
    if (size > 0 || typeof there === "string" || there.inode !== inode) continue;
    if (isOpenElsewhere(fd)) continue;
    scratch(() => c.unlinkat(directory, cString(name), 0));
  }
}

/** A write lease is granted only if nobody else has the file open: fcntl(2). It ends with this process. */
function isOpenElsewhere(fd: number): boolean {
  // Whoever opens the file now waits until it has no name any more; the signal that announces it is a harmless one.
  c.fcntl(fd, F_SETSIG, SIGURG);
  return c.fcntl(fd, F_SETLEASE, F_WRLCK) !== 0 && errno() === EAGAIN;
}

function madeIn(outputs: readonly Output[]): MadeFile[] {
  return outputs.flatMap(({ made }) => made ?? []);
}

/** Pipes and devices have nothing to empty. */
function isOldFile({ fd, made }: Output): boolean {
  return made === undefined && statFd(fd).kind === "file";
}

function openAll(
  { stdin, stdout, stderr, keep }: DaemonSettings,
  openFor: OpenFor | undefined,
  outputs: Output[],
): [from: number, to: number][] {
  const pairs: [number, number][] = [];
  let shared: number | undefined;
  const output = (path: string | undefined) => {
    if (path === undefined) return nothing(O_WRONLY);
    const opened = openOutput(path, openFor);
    outputs.push(opened);
    return opened.fd;
  };
  if (!keep.includes(0)) {
    pairs.push([stdin === undefined ? nothing(O_RDONLY) : openInput(stdin, openFor), 0]);
  }
  if (!keep.includes(1)) pairs.push([shared = output(stdout), 1]);
  if (!keep.includes(2)) {
    // A file for both is opened once: with two offsets, they would overwrite each other's output.
    const same = shared !== undefined && stderr !== undefined && stderr === stdout;
    pairs.push([same ? shared! : output(stderr), 2]);
  }
  return pairs;
}

function nothing(flags: number): number {
  return open("/dev/null", flags);
}

function openInput(path: string, openFor: OpenFor | undefined): number {
  const fd = openFor ? movedUp(openFor(path, "input")).fd : open(path, O_RDONLY | O_NONBLOCK);
  return blocking(fd, O_RDONLY);
}

/** Opens a file for appending, creating it if needed. */
function openOutput(path: string, openFor: OpenFor | undefined): Output {
  const output = openFor ? movedUp(openFor(path, "output")) : openWithOwnRights(path);
  blocking(output.fd, O_WRONLY | O_APPEND);
  return output;
}

function movedUp({ fd, directory, name, made }: OpenedForUser): Output {
  const moved = moveUp(fd, FLOOR.daemon);
  if (made) return { fd: moved, made: { fd: moved, directory, name } };
  closeFile(directory);
  return { fd: moved };
}

function openWithOwnRights(path: string): Output {
  const flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY;
  for (let target = path, links = 0;; links++) {
    const { directory, name } = openParent(target, path);
    const made = tryOpen(name, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666, directory);
    if (made >= 0) {
      const fd = moveUp(made, FLOOR.daemon);
      return { fd, made: { fd, directory, name } };
    }
    closeFile(directory);
    if (made !== -EEXIST) throw failure(path, -made);
    const fd = tryOpen(target, flags);
    if (fd >= 0) return { fd: usable(fd, path) };
    // It was removed meanwhile, or is a link to something that does not exist.
    if (fd !== -ENOENT || links === MOST_LINKS) throw failure(path, -fd);
    const next = readLink(target);
    if (next !== undefined) {
      target = absolute(next, dirname(target));
    }
  }
}

function openParent(target: string, path: string): { directory: number; name: string } {
  const [folder, name] = splitPath(target);
  // A name that ends in a slash can only be a directory's.
  if (name === "") throw failure(path, EISDIR);
  const directory = tryOpen(folder, O_PATH | O_DIRECTORY);
  if (directory < 0) throw failure(path, -directory);
  return { directory: moveUp(directory, FLOOR.daemon), name };
}

function open(path: string, flags: number): number {
  const fd = tryOpen(path, flags | O_NOCTTY);
  if (fd < 0) throw failure(path, -fd);
  return usable(fd, path);
}

function usable(fd: number, path: string): number {
  if (statFd(fd).kind === "directory") throw failure(path, EISDIR);
  return moveUp(fd, FLOOR.daemon);
}

/** Opened without waiting for the other end of a FIFO; the daemon gets an ordinary descriptor. */
function blocking(fd: number, flags: number): number {
  if (c.fcntl(fd, F_SETFL, flags & (O_APPEND | O_RDWR)) < 0) {
    throw systemError(errno(), "set the flags of", `descriptor ${fd}`, { exit: EXIT.failed });
  }
  return fd;
}

function failure(path: string, code: number): ImpError {
  const hint = code === ENXIO ? hintOfNoDevice(statPath(path)) : undefined;
  return systemError(code, "open", path, { exit: EXIT.failed, hint });
}
