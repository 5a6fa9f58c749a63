import { windowSize } from "../libc/descriptors/tty.ts";

/** Prose in lines longer than this is hard to read, however wide the terminal. */
const WIDEST_PROSE = 100;
/** What is assumed where there is no terminal. */
const USUAL = 80;

/** Columns of the terminal that stdout is; Infinity when it is none, so that programs get whole rows of tables. */
export function outputWidth(): number {
  return windowSize(1)?.columns || Infinity;
}

/** Columns for sentences. @param width that of the output */
export function proseWidth(width = outputWidth()): number {
  return width === Infinity ? USUAL : Math.min(width, WIDEST_PROSE);
}
