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
 * Runs nothing: reaps adopted processes until TERM or INT. It holds a pod's namespaces open. Only in a process of its
 * own, like {@link runInit}.
 */
export function pauseUntilAsked(): void {
  // If the caller ignores SIGCHLD, the kernel would reap.
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
