import { SIGCHLD } from "../libc/abi.ts";
import { startBlocked } from "../init/blocked_start.ts";
import { resetSignal } from "../libc/processes/signals.ts";
import type { Tell } from "./events.ts";
import type { Outlet } from "./outlet.ts";
import type { RunOutcome } from "./run_loop.ts";
import type { WithSettings } from "./state.ts";

/**
 * Runs main with its helpers, and returns when nothing of any of them is left.
 *
 * Only in a process of its own: it blocks all signals, and it reaps every child.
 * @param outlet where `tell` puts its messages; written as there is room
 * @throws ImpError if something cannot be started, or a log cannot be written; then nothing runs
 */
export async function runWith(
  settings: WithSettings,
  outlet: Outlet,
  tell: Tell,
): Promise<RunOutcome> {
  // If a caller ignored SIGCHLD, the kernel would reap the children itself, and their exit statuses would be lost.
  resetSignal(SIGCHLD);
  const environment = startBlocked();
  const { Run } = await import("./run_loop.ts");
  return new Run(settings, environment, outlet, tell).run();
}
