import { windowSize } from "../libc/descriptors/window_size.ts";

/** Columns of the terminal that stdout is; Infinity when it is none, so that pipes and files get whole lines. */
export function outputWidth(): number {
  return windowSize(1)?.columns ?? Infinity;
}
