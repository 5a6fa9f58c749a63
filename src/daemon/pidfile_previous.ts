// Daemons of imp 0.1, which locked the pidfile itself and kept a start time in FILE.imp.
import {
  EWOULDBLOCK,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_NONBLOCK,
  O_RDONLY,
} from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { errno } from "../libc/calling/errno.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { statFd } from "../libc/descriptors/stat.ts";
import { type PidfilePlace, readHead } from "./lock_file.ts";
import { lockHolders, UNSEEN, whoHolds } from "./lock_holders.ts";
import { alreadyRunning } from "./pidfile_errors.ts";
import { type Identity, parseIdentity } from "./pidfile_state.ts";

const c = libc("flock", "unlinkat", "geteuid");

const sidecarName = (name: string) => `${name}.imp`;

/** The record beside a file, which itself may have been removed. */
export function readSidecar({ directory, name, owner }: PidfilePlace): Identity | undefined {
  const fd = tryOpen(sidecarName(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, directory);
  if (fd < 0) return undefined;
  const { kind, uid } = statFd(fd);
  // Another user's file of that name means nothing, and is left alone.
  const ours = kind === "file" && (uid === c.geteuid() || uid === owner);
  const identity = ours ? parseIdentity(readHead(fd)) : undefined;
  closeFile(fd);
  return identity;
}

/** Removes what {@link readSidecar} recognised. */
export function dropSidecar({ directory, name }: PidfilePlace): void {
  scratch(() => c.unlinkat(directory, cString(sidecarName(name)), 0));
}

/**
 * Refuses a file locked by a daemon of that version, or left behind by one. Whoever can read the file can lock it: only
 * processes that can also write it are believed.
 * @param fd the file; it stays locked until closed, which holds off starts by that version
 */
export function refuseIfHeld({ path }: PidfilePlace, fd: number, because: string): void {
  if (c.flock(fd, LOCK_EX | LOCK_NB) === 0) return;
  // NFS cannot lock a file opened for reading: there the lock says nothing.
  if (errno() !== EWOULDBLOCK) return;
  if (c.flock(fd, LOCK_SH | LOCK_NB) === 0) return void c.flock(fd, LOCK_UN);
  const holders = lockHolders(fd);
  const unseen = holders.length === 0 && c.geteuid() === 0;
  if (!unseen && !holders.some(({ writes }) => writes)) return;
  throw alreadyRunning(path, whoHolds(fd) ?? UNSEEN, `the pidfile says otherwise: ${because}`);
}
