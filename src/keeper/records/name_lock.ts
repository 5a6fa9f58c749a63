import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { SOMEBODY, whoHolds } from "../../daemon/lock_holders.ts";
import { nap } from "../../libc/time.ts";
import {
  ENOENT,
  EROFS,
  EWOULDBLOCK,
  O_CREAT,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
} from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { errnoName, systemError } from "../../libc/calling/errno.ts";
import { tryLockFile } from "../../libc/descriptors/file_lock.ts";
import { closeFile, moveUp, tryOpen } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { statFd, statPath } from "../../libc/descriptors/stat.ts";
import { runtime } from "../../runtime/mod.ts";
import { type KeptPlace, refuseUnsafePlace } from "../home.ts";

/** Nobody waits for anything while holding it, so this is longer than any operation, ms. */
const PATIENCE_MS = 5000;
const LONGEST_NAP_MS = 20;
/** Dozens of commands taking turns are waited for longer than one that holds it, ms. */
const LONGEST_PATIENCE_MS = 30_000;
const FLAGS = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/**
 * Runs `work` while nobody else reads, decides and writes about the same daemon. `work` must not wait for anything that
 * depends on others: it rereads the records, writes, and at most starts keepers. The lock ends with this process.
 * @param place its directory must exist
 * @throws ImpError if another process holds the lock for more than 5 s, or there can be none
 */
export async function underNameLock<T>(
  place: KeptPlace,
  work: () => T | Promise<T>,
): Promise<T> {
  const fd = takeNameLock(place);
  try {
    return await work();
  } finally {
    closeFile(fd);
  }
}

/** The lock itself, close-on-exec; closing the descriptor releases it. @throws as {@link underNameLock} */
export function takeNameLock(place: KeptPlace, patienceMs = PATIENCE_MS): number {
  const patience = new LockPatience(runtime.now(), patienceMs);
  for (let pause = 1;; pause = Math.min(2 * pause, LONGEST_NAP_MS)) {
    const fd = tryNameLock(place, patience);
    if (fd !== undefined) return fd;
    nap(pause);
  }
}

/**
 * One try, for callers with their own way of waiting.
 * @returns undefined if it is held, and may be retried
 * @throws ImpError, also when the patience is over
 */
export function tryNameLock(
  place: KeptPlace,
  patience: LockPatience,
): number | undefined {
  const { name, directory } = place;
  refuseUnsafePlace(place);
  const path = `${directory}/lock`;
  const opened = openRecordLock(path);
  if (opened < 0) throw unlockable(path, -opened);
  const fd = moveUp(opened, FLOOR.standard);
  const code = -tryLockFile(fd);
  // It may have been removed with the whole daemon while this process waited.
  if (code === 0 && isStillAt(path, fd)) return fd;
  const now = runtime.now();
  const isLate = code === EWOULDBLOCK && patience.isDue(now);
  const holder = isLate ? whoHolds(fd) : undefined;
  closeFile(fd);
  if (isLate && patience.isOver(now, holder)) throw heldBy(name, holder);
  if (code !== 0 && code !== EWOULDBLOCK) throw unlockable(path, code);
  return undefined;
}

/** An existing one can be locked on a read-only file system too. @returns a descriptor, or -errno */
export function openRecordLock(path: string): number {
  const fd = tryOpen(path, O_RDWR | O_CREAT | FLAGS, 0o600);
  if (fd !== -EROFS) return fd;
  const readOnly = tryOpen(path, O_RDONLY | FLAGS);
  return readOnly === -ENOENT ? fd : readOnly;
}

/** How long to wait for a lock: long if many take turns, not if one keeps it. Pure: gets its facts from the caller. */
export class LockPatience {
  private readonly each: number;
  private lookAt: number;
  private seen: string | undefined;

  /** @param began when the waiting began, ms */
  constructor(private readonly began: number, private readonly ms = PATIENCE_MS) {
    this.each = ms < PATIENCE_MS ? ms : ms / 2;
    this.lookAt = began + this.each;
  }

  /** Whether to check who holds it. */
  isDue(now: number): boolean {
    return now >= this.lookAt;
  }

  /** @param holder in words; undefined if nobody can be seen */
  isOver(now: number, holder: string | undefined): boolean {
    const isSame = holder !== undefined && holder === this.seen;
    this.seen = holder;
    this.lookAt = now + this.each;
    return isSame || this.ms < PATIENCE_MS || now - this.began >= LONGEST_PATIENCE_MS;
  }
}

function isStillAt(path: string, fd: number): boolean {
  const [there, here] = [statPath(path, false), statFd(fd)];
  return typeof there !== "string" && there.inode === here.inode && there.device === here.device;
}

function heldBy(name: string, holder = SOMEBODY): ImpError {
  return new ImpError({
    action: "lock",
    object: `the records of '${name}'`,
    errno: "EWOULDBLOCK",
    why: `held for more than ${PATIENCE_MS / 1000} s by ${holder}`,
    hint: "it is another imp command for this name, stopped or hung: inspect it, and end it",
    exit: EXIT.failed,
  });
}

const NO_LOCKS = ["EOPNOTSUPP", "ENOLCK", "ENOSYS", "EINVAL"];

function unlockable(path: string, code: number): ImpError {
  const name = errnoName(code);
  const hint = NO_LOCKS.includes(name)
    ? "this file system has no locks; set IMP_HOME to a directory on another one"
    : name === "EROFS"
    ? "set IMP_HOME to a directory that can be written to"
    : code === ENOENT
    ? "its directory was removed"
    : undefined;
  return systemError(code, "lock", path, { hint, exit: EXIT.failed });
}
