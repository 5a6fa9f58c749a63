import {
  CLOSE_RANGE_CLOEXEC,
  EPERM,
  F_GETFD,
  F_SETFD,
  FD_CLOEXEC,
  O_PATH,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_PDEATHSIG,
  PRIO_PROCESS,
  SIGTSTP,
} from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { closeFile, readLink, tryOpen } from "../descriptors/files.ts";
import { libc, syscall } from "../calling/load.ts";
import { listDirectory, statPath } from "../descriptors/stat.ts";
import { allocate, cString, cStrings, scratch } from "../calling/memory.ts";
import type { Bytes } from "./spawn.ts";
import { O_DIRECTORY } from "../machine.ts";
import { SIGACTION } from "../structs.ts";
import { sendSignal } from "./signals.ts";

const c = libc(
  "setsid",
  "setpgid",
  "getpgid",
  "getppid",
  "getpid",
  "umask",
  "fchdir",
  "fcntl",
  "setpriority",
);

export function ownPid(): number {
  return c.getpid();
}

export function parentPid(): number {
  return c.getppid();
}

/**
 * Makes this process the leader of a new session without a terminal, setsid(2).
 *
 * A process group leader may not do that, and a command typed in an interactive shell is one: it first joins its
 * parent's group. That does not help the leader of a pipeline with other members, because a group with its PID remains.
 * @returns false when it is not possible
 */
export function startSession(): boolean {
  if (c.setsid() >= 0) return true;
  c.setpgid(0, c.getpgid(c.getppid()));
  if (c.setsid() >= 0) return true;
  const code = errno();
  if (code === EPERM) return false;
  throw systemError(code, "start", "a new session");
}

/** Replaces the file mode creation mask. @returns the previous one */
export function setUmask(mask: number): number {
  return c.umask(mask);
}

/**
 * The absolute path of the working directory. If it has none, because it was removed or its name is too long, a path
 * through /proc that works in this process only, and only while it stays there.
 */
export function workingDirectory(): string {
  return lastingWorkingDirectory() ?? WAY;
}

/** The same for a record, which others read: undefined if it has no path. */
export function lastingWorkingDirectory(): string | undefined {
  const path = readLink(WAY);
  if (!path?.startsWith("/")) return undefined;
  return !path.endsWith(" (deleted)") || isSameFile(path, WAY) ? path : undefined;
}

const WAY = "/proc/self/cwd";

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [statPath(one), statPath(other)];
  return typeof a !== "string" && typeof b !== "string" && a.device === b.device &&
    a.inode === b.inode;
}

/** What EACCES of {@link setNice} means, setpriority(2). */
export const NICE_HINT = "only root may lower it, others as far as 'ulimit -e' allows";

/** Sets the nice value (-20 to 19) of this process. @returns 0 or an errno */
export function setNice(value: number): number {
  return c.setpriority(PRIO_PROCESS, 0, value) === 0 ? 0 : errno();
}

/** Goes to the open directory. @returns 0 or an errno */
export function changeDirectory(fd: number): number {
  return c.fchdir(fd) === 0 ? 0 : errno();
}

/** Goes to the directory of this path, which need not be readable. @returns 0 or an errno */
export function changeDirectoryTo(path: string): number {
  const fd = tryOpen(path, O_PATH | O_DIRECTORY, 0);
  if (fd < 0) return -fd;
  const code = changeDirectory(fd);
  closeFile(fd);
  return code;
}

/** Marks every descriptor from `lowest` on close-on-exec, so that no child inherits one by accident. */
export function closeOnExecFrom(lowest: number): void {
  if (syscall("close_range", lowest, 0xffffffff, CLOSE_RANGE_CLOEXEC) === 0) return;
  // Before Linux 5.11: one by one.
  const names = listDirectory("/proc/self/fd");
  const numbers = typeof names === "string" ? allNumbers(lowest) : names.map(Number);
  for (const fd of numbers) {
    const flags = fd >= lowest ? c.fcntl(fd, F_GETFD, 0) : -1;
    if (flags >= 0) c.fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
  }
}

function allNumbers(lowest: number): number[] {
  return Array.from({ length: 1024 }, (_, i) => lowest + i);
}

/** Whether imp itself is PID 1 here: when PID 1 exits, the kernel kills every process of its PID namespace. */
export function isInit(): boolean {
  return c.getpid() === 1;
}

/** How many threads this process has; undefined where /proc does not tell. */
export function threadCount(): number | undefined {
  const names = listDirectory("/proc/self/task");
  return typeof names === "string" ? undefined : names.length;
}

/** Replaces this process by a program, execve(2). Returns only when it fails: the errno. */
export function execute(path: Bytes, argv: readonly Bytes[], env: readonly Bytes[]): number {
  libc("execve").execve(cString(path), cStrings(argv), cStrings(env));
  return errno();
}

/**
 * Stops this process as Ctrl-Z stops one that does not catch SIGTSTP, and returns when it is continued. If its process
 * group is orphaned, nobody could continue it, and the kernel does not stop it: setpgid(2), credentials(7).
 * @param whole with its process group: a shell takes a job for stopped only when all of it is
 */
export function stopSelf(whole: boolean): void {
  scratch(() => {
    const byDefault = allocate(SIGACTION.bytes).address;
    const handler = allocate(SIGACTION.bytes).address;
    const { sigaction } = libc("sigaction");
    sigaction(SIGTSTP, byDefault, handler);
    sendSignal(whole ? -c.getpgid(0) : ownPid(), SIGTSTP);
    sigaction(SIGTSTP, handler, 0);
  });
}

/**
 * Makes this process the parent of every orphan among its descendants; kept over exec, not inherited. @returns 0 or an
 * errno
 */
export function becomeSubreaper(): number {
  return libc("prctl").prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0 ? 0 : errno();
}

/** Has the kernel send this process a signal when the thread that started it ends, prctl(2). @returns 0 or an errno */
export function setParentDeathSignal(number: number): number {
  return libc("prctl").prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) === 0 ? 0 : errno();
}
