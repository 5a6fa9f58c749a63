import type { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { errno, systemError } from "../libc/errno.ts";
import {
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
import { statFd } from "../libc/stat.ts";
import type { Owner } from "./owner.ts";
import type { DaemonSettings } from "./settings.ts";

const c = libc("fcntl", "fchown");

const EEXIST = 17, ENXIO = 6;
const F_SETFL = 4;
const LOWEST_DESCRIPTOR = 100;

/**
 * Opens what becomes descriptors 0-2 of the daemon, before anything is started, so that an error can be told exactly.
 * A file that is made here belongs to the daemon's user, who may have to rotate it.
 * @returns pairs [opened, wanted]; without those that the daemon keeps from its caller
 */
export function openRedirections(
  settings: DaemonSettings,
  owner: Owner | undefined,
): [from: number, to: number][] {
  const { stdin, stdout, stderr, truncate, keep } = settings;
  const pairs: [number, number][] = [];
  let shared: number | undefined;
  const output = (path: string | undefined) =>
    path === undefined ? nothing(O_WRONLY) : openOutput(path, truncate, owner);
  if (!keep.includes(0)) {
    pairs.push([stdin === undefined ? nothing(O_RDONLY) : openInput(stdin), 0]);
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

function openInput(path: string): number {
  return blocking(open(path, O_RDONLY | O_NONBLOCK), O_RDONLY);
}

function openOutput(path: string, truncate: boolean, owner: Owner | undefined): number {
  const wanted = O_WRONLY | O_APPEND;
  const made = tryOpen(path, wanted | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY);
  if (made >= 0) {
    // By descriptor: the name may point elsewhere by now.
    if (owner) c.fchown(made, owner.uid, owner.gid);
    return moveUp(made, LOWEST_DESCRIPTOR);
  }
  if (made !== -EEXIST) throw failure(path, -made);
  const fd = open(path, wanted | O_CREAT | O_NONBLOCK | (truncate ? O_TRUNC : 0));
  return blocking(fd, wanted);
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
