import type { Ending } from "../libc/processes/wait.ts";
import type { Leak } from "./leftovers.ts";

/** Hears of what the user may want to read. */
export interface InitObserver {
  /** The program is about to be started. */
  starting(): void;
  /** The program has ended and these run on. */
  leaked(processes: readonly Leak[]): void;
  /** An adopted process was reaped. */
  reaped(pid: number, ending: Ending): void;
  /** These are still there; nothing more can be done. */
  survived(processes: readonly Leak[]): void;
}
