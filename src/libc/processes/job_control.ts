import { FLOOR } from "../descriptors/reserved.ts";
import { EIO, O_NOCTTY, O_NONBLOCK, O_RDWR, TIOCNOTTY } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { closeFile, moveUp, tryOpen } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";

const c = libc("tcgetpgrp", "tcsetpgrp", "ioctl", "getpgid", "getsid", "read");

/** The process group of a process; -1 when there is none. */
export function groupOf(pid: number): number {
  return c.getpgid(pid);
}

/** The session of a process; -1 when there is none. */
export function sessionOf(pid: number): number {
  return c.getsid(pid);
}

/**
 * A descriptor of this process' controlling terminal: one of 0-2 if it is among them, else /dev/tty.
 * @returns undefined without such a terminal
 */
export function controllingTerminal(): number | undefined {
  const standard = [0, 1, 2].find((fd) => c.tcgetpgrp(fd) >= 0);
  if (standard !== undefined) return standard;
  const fd = tryOpen("/dev/tty", O_RDWR | O_NOCTTY);
  if (fd < 0) return undefined;
  if (c.tcgetpgrp(fd) >= 0) return moveUp(fd, FLOOR.standard);
  closeFile(fd);
  return undefined;
}

/** The foreground process group of a terminal; -1 when it has none that we can know. */
export function foregroundGroup(terminal: number): number {
  return c.tcgetpgrp(terminal);
}

/**
 * Whether this process' group is the foreground one, also where neither has a number: those of another PID namespace are
 * all 0 here. The kernel is asked by a read of nothing, which it refuses to the background with EIO, provided that
 * SIGTTIN is blocked; else the group would be stopped.
 */
export function isForeground(): boolean {
  // Of its own, not to wait for somebody who reads the same terminal.
  const fd = tryOpen("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return false;
  const refused = c.read(fd, 0, 0) < 0 && errno() === EIO;
  closeFile(fd);
  return !refused;
}

/**
 * Makes a group of this session the foreground one, tcsetpgrp(3). From the background that takes SIGTTOU blocked or
 * ignored, else the caller is stopped.
 */
export function setForegroundGroup(terminal: number, group: number): void {
  // It fails when the terminal or the group has gone in the meantime: then there is nothing to give.
  c.tcsetpgrp(terminal, group);
}

/** Gives up the controlling terminal, ioctl_tty(2). From a session leader it takes it from the whole session. */
export function detachTerminal(terminal: number): boolean {
  return c.ioctl(terminal, TIOCNOTTY, 0) === 0;
}
