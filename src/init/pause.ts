import { SIGCHLD, SIGINT, SIGTERM } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { becomeSubreaper, isInit } from "../libc/processes/process.ts";
import { openSignalfd, readSignals, waitReadable } from "../libc/processes/signalfd.ts";
import { resetSignal } from "../libc/processes/signals.ts";
import { takeChanges } from "../libc/processes/wait.ts";
import { startBlocked } from "./blocked_start.ts";
import { awaitedSignals } from "./forwarding.ts";
import { leaveDirectory } from "./init.ts";

/**
 * Runs nothing: reaps what this process adopts, until it is asked to end by TERM or INT. It holds the namespaces of a pod open.
 * In a process of its own only, as {@link runInit}.
 */
export function pauseUntilAsked(): void {
  // A caller that ignores SIGCHLD would have the kernel reap.
  resetSignal(SIGCHLD);
  startBlocked();
  if (!isInit()) becomeSubreaper();
  const signals = openSignalfd(awaitedSignals());
  leaveDirectory();
  for (;;) {
    takeChanges((pid, status) => debug("init", "reaped", { pid, status }));
    waitReadable(signals, Infinity);
    if (readSignals(signals).some(({ number }) => number === SIGTERM || number === SIGINT)) return;
  }
}
