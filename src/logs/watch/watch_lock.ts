import { EEXIST, O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { tryLockFile } from "../../libc/descriptors/file_lock.ts";
import { makeFifo } from "../../libc/descriptors/fifo.ts";
import { closeFile, moveUp, openFile, tryOpen } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { ownWords } from "../../libc/processes/own_file.ts";
import { WATCH_COMMAND } from "./watch_process.ts";
import { type Bytes, spawn } from "../../libc/processes/spawn.ts";

const LOCK = "watch.lock", ALIVE = "watch.alive";
/** In the process itself. */
const ALIVE_FD = 3;

/** The FIFO that has a reader as long as that process runs. */
export function watchAlivePath(home: string): string {
  return `${home}/${ALIVE}`;
}

/** @param home the directory of all of a user's kept daemons */
function openLock(home: string): number {
  return moveUp(openFile(`${home}/${LOCK}`, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600), FLOOR.job);
}

/**
 * Takes the lock of the one process that reads pipes and watches sizes, for as long as it runs.
 * @returns its descriptor; undefined if another process has it
 * @throws ImpError
 */
export function lockWatch(home: string): number | undefined {
  const fd = openLock(home);
  if (tryLockFile(fd) === 0) return fd;
  closeFile(fd);
}

/** Whether there is such a process. */
export function isWatched(home: string): boolean {
  const fd = tryOpen(`${home}/${LOCK}`, O_RDWR | O_NOFOLLOW);
  if (fd < 0) return false;
  const code = tryLockFile(fd);
  closeFile(fd);
  return code !== 0;
}

/** How that process is started. */
export interface WatchStart {
  /** Words `K=V`. */
  readonly environment: readonly Bytes[];
  /** Not from a turn: what stays in a keeper's session is not part of its daemon. */
  readonly newSession: boolean;
}

/**
 * Starts the process that reads pipes and watches sizes (`imp watch HOME`), unless there is one. It ends by itself.
 * @returns its PID: it takes its lock a moment later; undefined if there is one
 * @throws ImpError if it cannot be started
 */
export function ensureWatch(
  home: string,
  { environment, newSession }: WatchStart,
): number | undefined {
  if (isWatched(home)) return undefined;
  const nothing = moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  // From its first moment it holds open what tells keepers that it runs.
  const alive = openAliveReader(home);
  try {
    const [path, ...words] = ownWords();
    const pid = spawn({
      path,
      argv: [path, ...words, WATCH_COMMAND, home],
      env: environment,
      newSession,
      descriptors: [[nothing, 0], [nothing, 1], [nothing, 2], [alive, ALIVE_FD]],
    });
    if (pid < 0) throw systemError(-pid, "start", "imp watch", { exit: EXIT.failed });
    return pid;
  } finally {
    closeFile(nothing);
    closeFile(alive);
  }
}

/**
 * A descriptor for a keeper to watch: it gets POLLERR when the process that reads pipes ends, however it ends, so that
 * a turn starts another one. Not inotify, of which a user has few instances.
 * @throws ImpError
 */
export function openWatchAlive(home: string): number {
  const reader = openAliveReader(home);
  try {
    const fd = openFile(`${home}/${ALIVE}`, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    return moveUp(fd, FLOOR.job);
  } finally {
    closeFile(reader);
  }
}

/** The end that the process itself has open. @throws ImpError */
export function openAliveReader(home: string): number {
  const at = openFile(home, O_RDONLY);
  const code = makeFifo(at, ALIVE);
  closeFile(at);
  if (code < 0 && code !== -EEXIST) throw systemError(-code, "make", `${home}/${ALIVE}`);
  const fd = openFile(`${home}/${ALIVE}`, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  return moveUp(fd, FLOOR.job);
}
