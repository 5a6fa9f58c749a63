import { ENGINE_SIGNAL } from "../abi_signals.ts";
import { GATE_MARK, KERNEL_SIGSET_BYTES, SIGACTION } from "../structs.ts";
import { SA_RESTART, SIG_DFL, SIG_IGN, SIGPIPE, SIGRTMAX, SIGRTMIN, SIGXFSZ } from "../abi.ts";
import { libc, syscall } from "../calling/load.ts";
import { runtime } from "../../runtime/mod.ts";
import { allocate, type Block, scratch } from "../calling/memory.ts";
import { ignoreSignal } from "./signals.ts";

const c = libc("sigaction");

/** sizeof(kernel_sigset_t), passed to sigaction(2). */

/** The signals that this process ignores, asked of the kernel directly: /proc may be missing. */
export function ignoredSignals(): number[] {
  const numbers = Array.from({ length: SIGRTMAX }, (_, i) => i + 1);
  return numbers.filter((n) => handlerOf(n) === SIG_IGN);
}

/** What both runtimes ignore by themselves: SIGPIPE and SIGXFSZ. */
export const RUNTIME_IGNORES: readonly number[] = [SIGPIPE, SIGXFSZ];

/**
 * The signals that imp's caller ignored, as nohup(1) and IgnoreSIGPIPE= of systemd do. Programs that imp starts keep
 * ignoring them.
 */
export function callersIgnoredSignals(): number[] {
  const engines = isMarked() ? [ENGINE_SIGNAL] : [];
  return [...ignoredSignals().filter(isIgnoredByCaller), ...engines];
}

/**
 * Whether this process ignores a signal because its caller did. If so, the executable's runtime leaves the action as
 * exec does, without flags (scripts/gate/gate.ts). From source this cannot be known, and the runtime is taken to be the
 * one.
 */
export function isIgnoredByCaller(number: number): boolean {
  if (number === SIGRTMIN && libcKeepsFirst()) return callerIgnoresLibcs();
  if (handlerOf(number) !== SIG_IGN) return false;
  if (!RUNTIME_IGNORES.includes(number)) return true;
  const flags = scratch(() =>
    actionOf(number)?.view.getInt32(SIGACTION.sa_flags, true) ?? SA_RESTART
  );
  return runtime.compiled && (flags & SA_RESTART) === 0;
}

/** Whether this process, imp or its runtime, has a handler for a signal. */
export function isCaught(number: number): boolean {
  const handler = handlerOf(number);
  return handler !== undefined && handler !== SIG_DFL && handler !== SIG_IGN;
}

/** Whether the caller ignored the engine's own signal; the executable's gate records that (scripts/gate/). */
function isMarked(): boolean {
  if (!runtime.compiled) return false;
  return scratch(() =>
    ((actionOf(ENGINE_SIGNAL)?.bytes[GATE_MARK.byte] ?? 0) & GATE_MARK.bit) !== 0
  );
}

/**
 * Runs something while a caught signal is ignored: exec keeps that, but resets a handler. The JavaScript engine's own
 * signal must not be missed while another thread runs JavaScript.
 */
export function whileIgnored<T>(number: number, work: () => T): T {
  const before = allocate(SIGACTION.bytes);
  c.sigaction(number, 0, before.address);
  ignoreSignal(number);
  try {
    return work();
  } finally {
    c.sigaction(number, before.address, 0);
  }
}

let keepsFirst: boolean | undefined;

/**
 * Whether libc reserves SIGRTMIN besides 32 and 33, as musl does: its sigaction(3) refuses it, and no mask shows it.
 */
export function libcKeepsFirst(): boolean {
  return keepsFirst ??= scratch(() => actionOf(SIGRTMIN) === undefined);
}

/**
 * Ignores SIGRTMIN where libc reserves it: musl unblocks it with the first thread and after posix_spawn(3), and its
 * default action ends the process. Uses the system call, because libc refuses.
 */
export function ignoreLibcsSignal(): void {
  if (!libcKeepsFirst()) return;
  callerIgnoresLibcs();
  scratch(() => {
    const action = allocate(SIGACTION.bytes);
    action.view.setBigUint64(SIGACTION.sa_handler, SIG_IGN, true);
    syscall("rt_sigaction", SIGRTMIN, action.address, 0, KERNEL_SIGSET_BYTES);
  });
}

let ignoresLibcs: boolean | undefined;

/** Whether the caller ignores the signal that libc reserves: asked once, before imp ignores it as well. */
function callerIgnoresLibcs(): boolean {
  return ignoresLibcs ??= handlerOf(SIGRTMIN) === SIG_IGN;
}

/** Undefined for an invalid signal (EINVAL), and for 32 and 33, libc's own. */
function handlerOf(number: number): bigint | undefined {
  return scratch(() => {
    const action = number === SIGRTMIN && libcKeepsFirst()
      ? kernelAction(number)
      : actionOf(number);
    // The first word of the structure in glibc, musl and the kernel.
    return action?.view.getBigUint64(SIGACTION.sa_handler, true);
  });
}

function kernelAction(number: number): Block {
  const action = allocate(SIGACTION.bytes);
  syscall("rt_sigaction", number, 0, action.address, KERNEL_SIGSET_BYTES);
  return action;
}

function actionOf(number: number): Block | undefined {
  const action = allocate(SIGACTION.bytes);
  return c.sigaction(number, 0, action.address) === 0 ? action : undefined;
}
