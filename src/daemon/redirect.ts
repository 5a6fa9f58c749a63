import type { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { errno, systemError } from "../libc/errno.ts";
import {
  closeFile,
  moveUp,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  tryOpen,
} from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import type { OpenedForUser } from "../libc/open_for_user.ts";
import type { Purpose } from "../libc/path_walk.ts";
import { statFd } from "../libc/stat.ts";
import type { DaemonSettings } from "./settings.ts";

const c = libc("fcntl", "ftruncate");

/** How root opens for the daemon's user: open_for_user.ts. Without it imp opens with its own rights. */
export type OpenFor = (path: string, purpose: Purpose) => OpenedForUser;

const EEXIST = 17, ENXIO = 6;
const F_SETFL = 4;
const LOWEST_DESCRIPTOR = 100;

/**
 * Opens what becomes descriptors 0-2 of the daemon, before anything is started, so that an error can be told exactly.
 * A file that is made here belongs to the daemon's user, who may have to rotate it.
 * @param openFor see {@link OpenFor}
 * @returns pairs [opened, wanted]; without those that the daemon keeps from its caller
 */
export function openRedirections(
  settings: DaemonSettings,
  openFor: OpenFor | undefined,
): [from: number, to: number][] {
  const { stdin, stdout, stderr, truncate, keep } = settings;
  const pairs: [number, number][] = [];
  let shared: number | undefined;
  const output = (path: string | undefined) =>
    path === undefined ? nothing(O_WRONLY) : openOutput(path, truncate, openFor);
  if (!keep.includes(0)) {
    pairs.push([stdin === undefined ? nothing(O_RDONLY) : openInput(stdin, openFor), 0]);
  }
  if (!keep.includes(1)) pairs.push([shared = output(stdout), 1]);
  if (!keep.includes(2)) {
    // One file for both is opened once: two offsets would overwrite each other.
    const same = shared !== undefined && stderr !== undefined && stderr === stdout;
    pairs.push([same ? shared! : output(stderr), 2]);
  }
  return pairs;
}

function nothing(flags: number): number {
  return open("/dev/null", flags);
}

function openInput(path: string, openFor: OpenFor | undefined): number {
  const fd = openFor ? opened(openFor(path, "input")) : open(path, O_RDONLY | O_NONBLOCK);
  return blocking(fd, O_RDONLY);
}

function openOutput(path: string, truncate: boolean, openFor: OpenFor | undefined): number {
  const wanted = O_WRONLY | O_APPEND;
  if (openFor) {
    const fd = blocking(opened(openFor(path, "output")), wanted);
    if (truncate) empty(fd, path);
    return fd;
  }
  const made = tryOpen(path, wanted | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY);
  if (made >= 0) return moveUp(made, LOWEST_DESCRIPTOR);
  if (made !== -EEXIST) throw failure(path, -made);
  const fd = open(path, wanted | O_CREAT | O_NONBLOCK | (truncate ? O_TRUNC : 0));
  return blocking(fd, wanted);
}

function opened({ fd, directory }: OpenedForUser): number {
  closeFile(directory);
  return moveUp(fd, LOWEST_DESCRIPTOR);
}

/** Only files have something to empty: O_TRUNC passes over the others too. */
function empty(fd: number, path: string): void {
  if (statFd(fd).kind !== "file" || c.ftruncate(fd, 0) === 0) return;
  throw systemError(errno(), "empty", path, { exit: EXIT.failed });
}

function open(path: string, flags: number): number {
  const fd = tryOpen(path, flags | O_NOCTTY);
  if (fd < 0) throw failure(path, -fd);
  const { kind } = statFd(fd);
  if (kind === "directory") throw failure(path, 21);
  return moveUp(fd, LOWEST_DESCRIPTOR);
}

/** Opened without waiting for the other end of a FIFO; the daemon gets an ordinary descriptor. */
function blocking(fd: number, flags: number): number {
  if (c.fcntl(fd, F_SETFL, flags & (O_APPEND | O_RDWR)) < 0) {
    throw systemError(errno(), "set the flags of", `descriptor ${fd}`, { exit: EXIT.failed });
  }
  return fd;
}

function failure(path: string, code: number): ImpError {
  const hint = code === ENXIO ? "nobody reads this FIFO; start its reader first" : undefined;
  return systemError(code, "open", path, { exit: EXIT.failed, hint });
}
