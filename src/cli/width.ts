import { windowSize } from "../libc/descriptors/tty.ts";

/** Longer lines of prose are hard to read, however wide the terminal. */
const WIDEST_PROSE = 100;
/** Assumed without a terminal. */
const USUAL = 80;

/** The width of the terminal on stdout; Infinity if it is not one, so that programs get whole table rows. */
export function outputWidth(): number {
  return windowSize(1)?.columns || Infinity;
}

/** The width for sentences. @param width that of the output */
export function proseWidth(width = outputWidth()): number {
  return width === Infinity ? USUAL : Math.min(width, WIDEST_PROSE);
}
