// Pure: terminal modes in the kernel's struct termios, as terminalModes and setTerminalModes carry them.
import { TERMIOS } from "../structs.ts";

// termios.h of asm-generic: x86-64 and arm64.
const VTIME = 5;
const VMIN = 6;
const IGNBRK = 0x1;
const BRKINT = 0x2;
const PARMRK = 0x8;
const ISTRIP = 0x20;
const INLCR = 0x40;
const IGNCR = 0x80;
const ICRNL = 0x100;
const IXON = 0x400;
const IUTF8 = 0x4000;
const OPOST = 0x1;
const ONLCR = 0x4;
const CSIZE = 0x30;
const CS8 = 0x30;
const PARENB = 0x100;
const ISIG = 0x1;
const ICANON = 0x2;
const ECHO = 0x8;
const ECHOE = 0x10;
const ECHOK = 0x20;
const ECHONL = 0x40;
const ECHOCTL = 0x200;
const ECHOKE = 0x800;
const IEXTEN = 0x8000;

/** The control characters of a newly made terminal, from VINTR to VEOL2. */
const FRESH_CHARACTERS = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0];

/** Delivers each key as pressed and each byte as written: cfmakeraw(3). */
export function rawModes(modes: Uint8Array): Uint8Array {
  const raw = modes.slice();
  change(raw, TERMIOS.c_iflag, {
    off: IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON,
  });
  change(raw, TERMIOS.c_oflag, { off: OPOST });
  change(raw, TERMIOS.c_lflag, { off: ECHO | ECHONL | ICANON | ISIG | IEXTEN });
  change(raw, TERMIOS.c_cflag, { off: CSIZE | PARENB, on: CS8 });
  raw[TERMIOS.c_cc + VMIN] = 1;
  raw[TERMIOS.c_cc + VTIME] = 0;
  return raw;
}

/** The modes of a new UTF-8 terminal, whatever the last program left behind. */
export function freshModes(modes: Uint8Array): Uint8Array {
  const fresh = modes.slice();
  change(fresh, TERMIOS.c_iflag, { off: ~0, on: ICRNL | IXON | IUTF8 });
  change(fresh, TERMIOS.c_oflag, { off: ~0, on: OPOST | ONLCR });
  change(fresh, TERMIOS.c_cflag, { off: CSIZE | PARENB, on: CS8 });
  change(fresh, TERMIOS.c_lflag, {
    off: ~0,
    on: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
  });
  fresh.set(FRESH_CHARACTERS, TERMIOS.c_cc);
  return fresh;
}

function change(
  { buffer, byteOffset, byteLength }: Uint8Array,
  at: number,
  { off, on = 0 }: { readonly off: number; readonly on?: number },
): void {
  const view = new DataView(buffer, byteOffset, byteLength);
  view.setUint32(at, (view.getUint32(at, true) & ~off | on) >>> 0, true);
}
