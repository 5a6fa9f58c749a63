/** Modes of terminals: asm-generic/termbits.h, the same on x86-64 and arm64; termios(3). */

// c_iflag
export const IGNBRK = 0x1;
export const BRKINT = 0x2;
export const PARMRK = 0x8;
export const ISTRIP = 0x20;
export const INLCR = 0x40;
export const IGNCR = 0x80;
export const ICRNL = 0x100;
export const IXON = 0x400;
export const IUTF8 = 0x4000;

// c_oflag
export const OPOST = 0x1;
export const ONLCR = 0x4;

// c_cflag
export const CSIZE = 0x30;
export const CS8 = 0x30;
export const PARENB = 0x100;

// c_lflag
export const ISIG = 0x1;
export const ICANON = 0x2;
export const ECHO = 0x8;
export const ECHOE = 0x10;
export const ECHOK = 0x20;
export const ECHONL = 0x40;
export const ECHOCTL = 0x200;
export const ECHOKE = 0x800;
export const IEXTEN = 0x8000;

// c_cc
export const VTIME = 5;
export const VMIN = 6;
/** The control characters of a newly made terminal, from VINTR to VEOL2: INIT_C_CC. */
export const INIT_C_CC: readonly number[] = [
  ...[3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0],
];

/** tcflow(3) */
export const TCOON = 1;
/** n_tty.c: the longest line that a terminal takes in its usual mode, with its end; termios(3). */
export const N_TTY_BUF_SIZE = 4096;
