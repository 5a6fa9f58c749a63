import { SIGINFO } from "../structs.ts";
import {
  EINTR,
  P_ALL,
  P_PID,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
} from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocateForGood, type Block } from "../calling/memory.ts";
import { signalName } from "./signals.ts";

const c = libc("waitpid");

/** How a process ended, as its wait status says. */
export type Ending =
  | { readonly how: "exit"; readonly code: number }
  | { readonly how: "signal"; readonly signal: number; readonly core: boolean };

/** A child's end. */
export interface Reaped {
  readonly pid: number;
  readonly ending: Ending;
}

let status: Block | undefined;
let information: Block | undefined;

const CONTINUED = 0xffff;
const STOPPED = 0x7f;

/** Decodes a wait status; wait(2). */
export function endingOf(status: number): Ending {
  const signal = status & 0x7f;
  return signal === 0
    ? { how: "exit", code: (status >> 8) & 0xff }
    : { how: "signal", signal, core: (status & 0x80) !== 0 };
}

/** The wait status of such an end. */
export function waitStatusOf(ending: Ending): number {
  return ending.how === "exit" ? ending.code << 8 : ending.signal | (ending.core ? 0x80 : 0);
}

/** The signal that stopped a child, by its wait status; 0 if it was not stopped. */
export function stopSignalOf(status: number): number {
  return (status & 0xff) === STOPPED ? (status >> 8) & 0xff : 0;
}

/** The exit status that a shell would show: 128+n for signal n. */
export function exitStatusOf(ending: Ending): number {
  return ending.how === "exit" ? ending.code : 128 + ending.signal;
}

/** `exit 3`, `killed by TERM`, `killed by SEGV (core dumped)`. */
export function describeEnding(ending: Ending): string {
  if (ending.how === "exit") return `exit ${ending.code}`;
  return `killed by ${signalName(ending.signal)}${ending.core ? " (core dumped)" : ""}`;
}

/**
 * Waits until a child ends, and reaps it.
 * @param pid the child, or -1 for any
 * @returns undefined when there is no such child
 */
export function waitFor(pid: number): Reaped | undefined {
  return wait(pid, 0) as Reaped | undefined;
}

/** Reaps a child if it has ended. @returns "running" if not, undefined if there is no such child */
export function tryWait(pid: number): Reaped | "running" | undefined {
  return wait(pid, WNOHANG);
}

/** Whether this process has children, including adopted orphans and ended ones not yet reaped. Reaps none. */
export function hasChildren(): boolean {
  information ??= allocateForGood(SIGINFO.bytes);
  const { waitid } = libc("waitid");
  for (;;) {
    if (waitid(P_ALL, 0, information.address, WEXITED | WNOHANG | WNOWAIT) === 0) return true;
    if (errno() !== EINTR) return false;
  }
}

/** Whether all threads of a child are stopped. */
export function isStopped(pid: number): boolean {
  information ??= allocateForGood(SIGINFO.bytes);
  information.view.setInt32(SIGINFO.si_pid, 0, true);
  const { waitid } = libc("waitid");
  const flags = WSTOPPED | WNOHANG | WNOWAIT;
  return waitid(P_PID, pid, information.address, flags) === 0 &&
    information.view.getInt32(SIGINFO.si_pid, true) === pid;
}

function wait(pid: number, flags: number): Reaped | "running" | undefined {
  status ??= allocateForGood(4);
  for (;;) {
    const reaped = c.waitpid(pid, status.address, flags);
    if (reaped > 0) return { pid: reaped, ending: endingOf(status.view.getInt32(0, true)) };
    if (reaped === 0) return "running";
    if (errno() !== EINTR) return undefined;
  }
}

/** What a child has done, wait(2). */
export type Change =
  | { readonly what: "ended"; readonly ending: Ending }
  | { readonly what: "stopped"; readonly signal: number }
  | { readonly what: "continued" };

/**
 * Takes all pending status changes of children without waiting, reaping those that ended. Allocates nothing per child,
 * so that a storm of orphans does not grow memory.
 * @returns false when no child is left. For a subreaper, or PID 1, no descendant is left either, because every orphan
 * becomes its child
 */
export function takeChanges(visit: (pid: number, status: number) => void): boolean {
  status ??= allocateForGood(4);
  for (;;) {
    const pid = c.waitpid(-1, status.address, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid > 0) visit(pid, status.view.getInt32(0, true));
    else if (pid === 0) return true;
    else if (errno() !== EINTR) return false;
  }
}

/** Decodes a wait status. */
export function changeOf(status: number): Change {
  if (status === CONTINUED) return { what: "continued" };
  const signal = stopSignalOf(status);
  if (signal !== 0) return { what: "stopped", signal };
  return { what: "ended", ending: endingOf(status) };
}
