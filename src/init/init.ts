import { SIGCHLD } from "../libc/abi.ts";
import { resetSignal } from "../libc/processes/signals.ts";
import type { Ending } from "../libc/processes/wait.ts";
import { startBlocked } from "./blocked_start.ts";
import type { InitObserver } from "./observer.ts";
import { supervise } from "./supervise.ts";
import type { InitSettings } from "./settings.ts";

/**
 * Runs a program as its init: as PID 1, or as subreaper elsewhere. Returns when the program and everything that it left
 * behind have ended.
 *
 * In a process of its own only: it blocks all signals, and it reaps every child.
 * @returns how the program ended
 * @throws ImpError when it cannot be started; nothing runs then
 */
export function runInit(settings: InitSettings, observer: InitObserver): Ending {
  // A caller that ignores SIGCHLD would have the kernel reap the children itself, and their exit statuses were lost.
  resetSignal(SIGCHLD);
  const env = startBlocked();
  return supervise(settings, observer, env);
}
