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
 * A descriptor of this process' controlling terminal: one of 0-2 if possible, else /dev/tty.
 * @returns undefined without a controlling terminal
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

/** The foreground process group of a terminal; -1 if there is none, or it is unknown here. */
export function foregroundGroup(terminal: number): number {
  return c.tcgetpgrp(terminal);
}

/**
 * Whether this process' group is in the foreground, even if both groups have no number here: those of another PID
 * namespace are all 0. Asks the kernel by an empty read, which fails with EIO in the background provided that SIGTTIN
 * is blocked; else the group would be stopped.
 */
export function isForeground(): boolean {
  // A separate open file, so as not to wait for somebody else who reads the terminal.
  const fd = tryOpen("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return false;
  const refused = c.read(fd, 0, 0) < 0 && errno() === EIO;
  closeFile(fd);
  return !refused;
}

/**
 * Makes a group of this session the foreground one, tcsetpgrp(3). A background caller must have SIGTTOU blocked or
 * ignored, or it is stopped.
 */
export function setForegroundGroup(terminal: number, group: number): void {
  // It fails when the terminal or the group is gone: then there is nothing to give.
  c.tcsetpgrp(terminal, group);
}

/** Gives up the controlling terminal, ioctl_tty(2). If a session leader does, the whole session loses it. */
export function detachTerminal(terminal: number): boolean {
  return c.ioctl(terminal, TIOCNOTTY, 0) === 0;
}
