import {
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDWR,
  TCGETS,
  TCSETS,
  TCXONC,
  TIOCGPGRP,
  TIOCGPTPEER,
  TIOCGWINSZ,
  TIOCSWINSZ,
} from "../abi.ts";
import { TCOON } from "../abi_terminal.ts";
import { errno, systemError } from "../calling/errno.ts";
import { closeFile } from "./files.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch, textIn } from "../calling/memory.ts";

const c = libc("posix_openpt", "grantpt", "unlockpt", "ptsname_r", "ioctl");

/** A pseudoterminal, pty(7). */
export interface Terminal {
  /** Descriptor of the end that plays keyboard and screen: close-on-exec and non-blocking. Closing it hangs up. */
  readonly master: number;
  /** Path of the end that programs open. */
  readonly path: string;
}

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

const NAME_BYTES = 64;

/**
 * Makes a terminal. It becomes a controlling terminal only when a session leader without one opens its path.
 * @throws ImpError when there is none to be had: /dev/pts not mounted, kernel.pty.max reached
 */
export function openTerminal(size: WindowSize): Terminal {
  const master = c.posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) {
    const hint = "a terminal needs /dev/ptmx and /dev/pts; see also kernel.pty.max";
    throw systemError(errno(), "open", "a pseudoterminal", { hint });
  }
  try {
    return { master, path: unlock(master, size) };
  } catch (error) {
    closeFile(master);
    throw error;
  }
}

function unlock(master: number, { rows, columns }: WindowSize): string {
  return scratch(() => {
    if (c.grantpt(master) < 0) throw systemError(errno(), "grant", "a pseudoterminal");
    if (c.unlockpt(master) < 0) throw systemError(errno(), "unlock", "a pseudoterminal");
    const name = allocate(NAME_BYTES);
    const code = c.ptsname_r(master, name.address, NAME_BYTES);
    if (code !== 0) throw systemError(code, "name", "a pseudoterminal");
    const size = allocate(8);
    size.view.setUint16(0, rows, true);
    size.view.setUint16(2, columns, true);
    if (c.ioctl(master, TIOCSWINSZ, size.address) < 0) {
      throw systemError(errno(), "size", "a pseudoterminal");
    }
    return textIn(name);
  });
}

/** The size of the terminal at `fd`; undefined if it is not a terminal or has no size (0 columns). */
export function windowSize(fd: number): WindowSize | undefined {
  return scratch(() => {
    const { address, view } = allocate(8);
    if (c.ioctl(fd, TIOCGWINSZ, address) < 0) return undefined;
    const size = { rows: view.getUint16(0, true), columns: view.getUint16(2, true) };
    return size.columns > 0 ? size : undefined;
  });
}

/** Sets the size; if it changed, the foreground group gets SIGWINCH. Fails when the terminal is gone. */
export function setWindowSize(fd: number, { rows, columns }: WindowSize): void {
  scratch(() => {
    const { address, view } = allocate(8);
    view.setUint16(0, rows, true);
    view.setUint16(2, columns, true);
    c.ioctl(fd, TIOCSWINSZ, address);
  });
}

/**
 * Opens the slave end of a master without its path, which another mount namespace may lack. Does not become a
 * controlling terminal; close-on-exec.
 * @returns -errno on failure
 */
export function openPeer(master: number): number {
  const fd = c.ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  return fd >= 0 ? fd : -errno();
}

/** The path of the slave end; undefined if `fd` is not a master. */
export function peerPath(master: number): string | undefined {
  return scratch(() => {
    const name = allocate(NAME_BYTES);
    return c.ptsname_r(master, name.address, NAME_BYTES) === 0 ? textIn(name) : undefined;
  });
}

/** The foreground process group behind a master; 0 when there is none. */
export function foregroundBehind(master: number): number {
  return scratch(() => {
    const { address, view } = allocate(8);
    return c.ioctl(master, TIOCGPGRP, address) < 0 ? 0 : view.getInt32(0, true);
  });
}

/** Resumes output that Ctrl-S has stopped. */
export function resumeOutput(fd: number): void {
  c.ioctl(fd, TCXONC, TCOON);
}

/** More than sizeof(struct termios) in the kernel. */
const TERMIOS_BYTES = 64;

/** The modes of a terminal (echo, whole lines or keys, …), as stty(1) shows them; undefined when it is gone. */
export function terminalModes(fd: number): Uint8Array | undefined {
  return scratch(() => {
    const modes = allocate(TERMIOS_BYTES);
    return c.ioctl(fd, TCGETS, modes.address) < 0 ? undefined : modes.bytes.slice();
  });
}

/**
 * Sets them at once, without waiting for output held back by Ctrl-S. A background process must have SIGTTOU blocked or
 * ignored. Fails when the terminal is gone: then there is nothing to set.
 */
export function setTerminalModes(fd: number, modes: Uint8Array): void {
  scratch(() => {
    const block = allocate(TERMIOS_BYTES);
    block.bytes.set(modes);
    c.ioctl(fd, TCSETS, block.address);
  });
}
