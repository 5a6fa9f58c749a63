// The files of Unix sockets: created, taken over from earlier listeners, and removed.
import { splitPath } from "../../base/split_path.ts";
import { findOwner } from "../../daemon/owner.ts";
import { nap } from "../../libc/time.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import {
  EACCES,
  EADDRINUSE,
  ECONNREFUSED,
  ENAMETOOLONG,
  ENOENT,
  LOCK_EX,
  LOCK_NB,
  O_PATH,
  O_RDONLY,
} from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, openFile, tryOpen } from "../../libc/descriptors/files.ts";
import { askUnixSocket, giveFile, openUnixSocket } from "../../libc/descriptors/listening.ts";
import { statAt, statFd, statPath } from "../../libc/descriptors/stat.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptSocket } from "./kept_socket.ts";

type UnixSocket = Extract<KeptSocket, { kind: "unix" }>;

/** Another start taking over a leftover name, ms. */
const LOCK_PATIENCE_MS = 1000;

/**
 * Opens a socket at a path. What an earlier listener left there is replaced: if nobody listens at it, and it is this
 * user's. Starts that take a name look and replace one at a time.
 * @param user its new owner: the program's user
 * @throws ImpError
 */
export function openSocketFile(socket: UnixSocket, user?: string): number {
  const { path, mode } = socket;
  const owner = user === undefined ? undefined : findOwner(user);
  const directory = openParent(path);
  try {
    lock(directory);
    let fd = openUnixSocket(path, mode);
    if (fd === -EADDRINUSE) {
      removeLeft(socket, directory, owner?.uid);
      fd = openUnixSocket(path, mode);
    }
    if (fd < 0) throw unopened(path, -fd);
    if (owner && libc("geteuid").geteuid() === 0) give(path, owner.uid, owner.gid);
    return fd;
  } finally {
    closeFile(directory);
  }
}

/** Its sockets' files, for {@link removeSocketFiles}. */
export function socketFilesOf({ sockets = [] }: Pick<KeptSettings, "sockets">): string[] {
  return sockets.flatMap((socket) => {
    if (socket.kind !== "unix") return [];
    const status = statPath(socket.path, false);
    if (typeof status === "string" || status.kind !== "socket") return [];
    return [`${status.device} ${status.inode} ${socket.path}`];
  });
}

/** Removes the files of closed sockets, if they are still the same. */
export function removeSocketFiles(files: readonly string[] = []): void {
  for (const file of files) {
    const [, device, inode, path] = /^(\S+) (\d+) ([^]+)$/.exec(file) ?? [];
    if (path === undefined) continue;
    const [parent, name] = splitPath(path);
    const directory = tryOpen(parent, O_RDONLY | O_DIRECTORY);
    if (directory < 0) continue;
    const status = statAt(directory, name);
    const isSame = typeof status !== "string" && status.kind === "socket" &&
      status.device === device && String(status.inode) === inode;
    if (isSame) removeIn(directory, name);
    closeFile(directory);
  }
}

function openParent(path: string): number {
  const [parent] = splitPath(path);
  const fd = tryOpen(parent, O_RDONLY | O_DIRECTORY);
  if (fd >= 0) return fd;
  const hint = fd === -ENOENT ? "create it first; imp does not know who should own it" : undefined;
  throw systemError(-fd, "open", `the directory of socket unix:${path}`, { hint, exit: EXIT.no });
}

/** Somebody else may hold it forever: then starts are not serialised, but nothing else is lost. */
function lock(directory: number): void {
  const c = libc("flock");
  for (let waited = 0; waited < LOCK_PATIENCE_MS; waited += 10) {
    if (c.flock(directory, LOCK_EX | LOCK_NB) === 0) return;
    nap(10);
  }
}

/** @param uid a permitted owner besides this user */
function removeLeft({ path }: UnixSocket, directory: number, uid: number | undefined): void {
  const [, name] = splitPath(path);
  const status = statAt(directory, name);
  if (typeof status === "string") return;
  if (status.kind !== "socket") throw occupied(path, `a ${status.kind} of that name is there`);
  const answer = askUnixSocket(path);
  if (answer === -ENOENT) return;
  if (answer === -EACCES) {
    throw occupied(path, `a socket of uid ${status.uid} is there, which you may not connect to`);
  }
  if (answer !== -ECONNREFUSED) throw occupied(path, "another process listens there");
  if (status.uid !== libc("geteuid").geteuid() && status.uid !== uid) {
    throw occupied(path, `a socket left by uid ${status.uid} is there`);
  }
  removeIn(directory, name);
}

/** The file that was created, and not another one of its name. */
function give(path: string, uid: number, gid: number): void {
  const fd = openFile(path, O_PATH | O_NOFOLLOW);
  try {
    const { kind, uid: now, links } = statFd(fd);
    const own = kind === "socket" && now === 0 && links === 1;
    const code = own ? giveFile(fd, uid, gid) : -EACCES;
    if (code !== 0) throw systemError(-code, "give to the program's user", path, { exit: EXIT.no });
  } finally {
    closeFile(fd);
  }
}

function occupied(path: string, why: string): ImpError {
  return new ImpError({
    action: "open",
    object: `socket unix:${path}`,
    errno: "EADDRINUSE",
    why,
    hint: "imp leaves it alone: use another path, or find out who uses it",
    exit: EXIT.no,
  });
}

function unopened(path: string, code: number): ImpError {
  const hint = code === ENAMETOOLONG
    ? "the name of a socket has room for 107 bytes: use a shorter path"
    : undefined;
  return systemError(code, "open", `socket unix:${path}`, { hint, exit: EXIT.no });
}
