import { FLOOR } from "./reserved.ts";
import { F_GETFD, F_SETFD, FD_CLOEXEC, O_RDONLY, O_WRONLY } from "../abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { libc } from "../calling/load.ts";
import { listDirectory, tryStatFd } from "./stat.ts";
import { closeFile, openFile } from "./files.ts";

const c = libc("fcntl");

/** How far to look when /proc cannot be read. */
const HIGHEST = 1024;

/**
 * The descriptors from 3 on that the caller passed and that exec would close, because the runtime marked them
 * close-on-exec at start-up (Bun marks all). Call it before imp opens anything itself.
 */
export function callersDescriptors(): number[] {
  // Deno leaves the caller's alone and marks only its own.
  if (runtime.name !== "bun") return [];
  return openDescriptors().filter((fd) => {
    const flags = c.fcntl(fd, F_GETFD, 0);
    // What Bun has opened itself by then is anonymous: eventpoll and eventfd, files without a type.
    if (flags < 0 || !(flags & FD_CLOEXEC)) return false;
    const status = tryStatFd(fd);
    return status !== undefined && status.kind !== "unknown";
  });
}

/**
 * All descriptors from 3 on that the caller passed, whatever the runtime has done to them. Call it before imp opens
 * anything itself.
 */
export function allCallersDescriptors(): number[] {
  const kept = openDescriptors().filter((fd) => {
    const flags = c.fcntl(fd, F_GETFD, 0);
    return flags >= 0 && !(flags & FD_CLOEXEC);
  });
  return [...kept, ...callersDescriptors()].sort((a, b) => a - b);
}

/**
 * Whether this is /dev/null in place of a descriptor that the caller had closed: Bun opens it, close-on-exec, for each
 * of 0-2 that is closed at start-up. What a caller passes never has that flag. Deno opens none.
 */
export function isStandIn(fd: 0 | 1 | 2): boolean {
  const flags = c.fcntl(fd, F_GETFD, 0);
  return flags >= 0 && (flags & FD_CLOEXEC) !== 0;
}

/** Lets exec pass a descriptor on. */
export function keepOverExec(fd: number): void {
  c.fcntl(fd, F_SETFD, 0);
}

function openDescriptors(): number[] {
  const names = listDirectory("/proc/self/fd");
  const numbers = typeof names === "string"
    ? Array.from({ length: HIGHEST }, (_, fd) => fd)
    : names.map(Number);
  return numbers.filter((fd) => fd >= FLOOR.standard);
}

/**
 * Makes those of 0-2 that the caller had closed fail as closed ones do (EBADF) while their numbers stay taken. Bun
 * opens /dev/null there in both directions: input would seem empty and output would be lost silently. From source under
 * Deno they look like the caller's own, and stay.
 */
export function keepClosedClosed(): void {
  for (const fd of [0, 1, 2] as const) {
    if (!isStandIn(fd)) continue;
    const useless = openFile("/dev/null", fd === 0 ? O_WRONLY : O_RDONLY);
    libc("dup2").dup2(useless, fd);
    closeFile(useless);
  }
}
