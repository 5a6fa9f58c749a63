// Whoever keeps a daemon holds the lock on its file `kept`: waiters and turns inherit one descriptor of it, and the
// kernel releases the lock when the last of them has ended, however it ends. So one daemon never has two pairs of
// waiters.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { SOMEBODY, whoHolds } from "../../daemon/lock_holders.ts";
import { EDQUOT, ENOSPC, EROFS, EWOULDBLOCK } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { tryLockFile } from "../../libc/descriptors/file_lock.ts";
import { closeFile, moveUp, writeAll } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { emptyFile, readAt } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { findWaiters } from "../waiter/find_waiters.ts";
import type { KeptPlace } from "../home.ts";
import type { FoundWaiters, LivingProcess } from "../observe/observed.ts";
import { openRecordLock } from "./name_lock.ts";

/**
 * How long its holder may take to be gone: waiters that leave need less than a millisecond, a turn whose waiters were
 * killed a second.
 */
export const CLAIM_PATIENCE_MS = 5000;
const LONGEST_NOTE = 64;
/** These errors do not prevent a daemon from being kept. */
const FULL = [ENOSPC, EDQUOT, EROFS];

/** The right to keep a daemon, or who has it. */
export class KeptClaim {
  /**
   * @param fd locked; -1: the file is not available, and nobody was seen
   * @param waiters that keep it; there may be only a turn
   */
  private constructor(
    private readonly place: KeptPlace,
    readonly isFree: boolean,
    private readonly fd: number,
    private readonly waiters: FoundWaiters,
  ) {}

  /**
   * Under the lock of the name: so whoever holds it keeps the daemon, and is not a command.
   * @param search for waiters that keep it without this file; if the file is locked, always used
   * @throws ImpError
   */
  static take(
    place: KeptPlace,
    search: () => FoundWaiters = () => findWaiters(place.directory),
  ): KeptClaim {
    const { directory } = place;
    const path = `${directory}/kept`;
    const opened = openRecordLock(path);
    if (opened < 0 && !FULL.includes(-opened)) throw unlockable(path, -opened);
    const fd = opened < 0 ? -1 : moveUp(opened, FLOOR.job);
    const code = fd < 0 ? 0 : -tryLockFile(fd);
    if (code !== 0 && code !== EWOULDBLOCK) {
      closeFile(fd);
      throw unlockable(path, code);
    }
    // When the running waiters were started, another file may have been at this path.
    if (code === 0 && fd >= 0 && isNoted(fd)) return new KeptClaim(place, true, fd, {});
    const waiters = code === 0 ? search() : findWaiters(directory);
    const isFree = code === 0 && !waiters.keeper && !waiters.guard;
    if (isFree && fd >= 0) note(fd);
    return new KeptClaim(place, isFree, fd, waiters);
  }

  /** For {@link raiseKeeper}: waiters inherit it. */
  get descriptor(): number | undefined {
    return this.fd < 0 ? undefined : this.fd;
  }

  /** A running waiter, if one is found. */
  get acting(): LivingProcess | undefined {
    return this.waiters.keeper ?? this.waiters.guard;
  }

  /** Why nobody else may keep it, after {@link CLAIM_PATIENCE_MS}. */
  refusal(): ImpError {
    const { acting } = this;
    const who = acting ? `pid ${acting.pid}` : this.fd < 0 ? undefined : whoHolds(this.fd);
    return new ImpError({
      action: "lock",
      object: `${this.place.directory}/kept`,
      errno: "EWOULDBLOCK",
      why: `held for more than ${CLAIM_PATIENCE_MS / 1000} s by ${who ?? SOMEBODY}`,
      hint:
        "only a keeper of the daemon holds it, and this process does not end: inspect it, and end it",
      exit: EXIT.failed,
    });
  }

  /** The started waiters have the lock. */
  close(): void {
    if (this.fd >= 0) closeFile(this.fd);
  }
}

/**
 * The file contains its own number once nobody was found to keep the daemon without it: a copy of the file does not.
 */
function isNoted(fd: number): boolean {
  const bytes = readAt(fd, 0, LONGEST_NOTE);
  return typeof bytes !== "number" && new TextDecoder().decode(bytes) === noteOf(fd);
}

function note(fd: number): void {
  try {
    emptyFile(fd);
    writeAll(fd, noteOf(fd));
  } catch (error) {
    // A full disk: the next one looks again.
    if (!(error instanceof ImpError)) throw error;
  }
}

function noteOf(fd: number): string {
  const { inode, device } = statFd(fd);
  return `${device} ${inode}\n`;
}

function unlockable(path: string, code: number): ImpError {
  return systemError(code, "lock", path, { exit: EXIT.failed });
}
