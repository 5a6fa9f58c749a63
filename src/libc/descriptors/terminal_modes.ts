import { TCGETS, TCSETS } from "../abi.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";

const c = libc("ioctl");

/** More than sizeof(struct termios) of the kernel. */
const TERMIOS_BYTES = 64;

/** The modes of a terminal (echo, whole lines or keys, …), as stty(1) shows them; undefined where it has gone. */
export function terminalModes(fd: number): Uint8Array | undefined {
  return scratch(() => {
    const modes = allocate(TERMIOS_BYTES);
    return c.ioctl(fd, TCGETS, modes.address) < 0 ? undefined : modes.bytes.slice();
  });
}

/**
 * Sets them at once: output that a stopped terminal (Ctrl-S) does not take is not waited for. From the background that takes
 * SIGTTOU blocked or ignored. It fails where the terminal has gone: then there is nothing to set.
 */
export function setTerminalModes(fd: number, modes: Uint8Array): void {
  scratch(() => {
    const block = allocate(TERMIOS_BYTES);
    block.bytes.set(modes);
    c.ioctl(fd, TCSETS, block.address);
  });
}
