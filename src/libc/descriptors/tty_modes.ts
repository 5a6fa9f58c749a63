// Pure: terminal modes in the kernel's struct termios, as terminalModes and setTerminalModes carry them.
import {
  BRKINT,
  CS8,
  CSIZE,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ECHONL,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNBRK,
  IGNCR,
  INIT_C_CC,
  INLCR,
  ISIG,
  ISTRIP,
  IUTF8,
  IXON,
  ONLCR,
  OPOST,
  PARENB,
  PARMRK,
  VMIN,
  VTIME,
} from "../abi_terminal.ts";
import { TERMIOS } from "../structs.ts";

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
  fresh.set(INIT_C_CC, TERMIOS.c_cc);
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
