import { SIGACTION, SIGSET_BYTES } from "../structs.ts";
import { EPERM, ESRCH, SIG_IGN, SIG_SETMASK, SIGNAL_NAMES, SIGRTMAX, SIGRTMIN } from "../abi.ts";
import { allocate, type Block } from "../calling/memory.ts";
import { errno, systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";

const c = libc("sigaction", "sigprocmask", "kill");

/** Index is the number. */
const NAMES = SIGNAL_NAMES.split(" ");
const ALIASES: Record<string, number> = { IOT: 6, CLD: 17, POLL: 29, UNUSED: 31 };

/** `TERM` for 15, `RTMIN+2` for 36. */
export function signalName(number: number): string {
  if (NAMES[number]) return NAMES[number];
  if (number === SIGRTMAX) return "RTMAX";
  if (number >= SIGRTMIN && number < SIGRTMAX) {
    return number === SIGRTMIN ? "RTMIN" : `RTMIN+${number - SIGRTMIN}`;
  }
  return String(number);
}

/** The number of `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+2` or `RTMAX-1`; undefined for an invalid signal. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= SIGRTMAX ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (realtime) {
    const base = realtime[1] === "MIN" ? SIGRTMIN : SIGRTMAX;
    const number = base + Number(`${realtime[2] ?? "+"}${realtime[3] ?? 0}`);
    return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
  }
  const index = NAMES.indexOf(name);
  return index > 0 ? index : ALIASES[name];
}

/** Every standard signal, in order of number. */
export function standardSignals(): { number: number; name: string }[] {
  return NAMES.slice(1).map((name, i) => ({ number: i + 1, name }));
}

/** A sigset_t with all signals or those given. */
export function signalSet(numbers: readonly number[] | "all" | "none"): Block {
  const set = allocate(SIGSET_BYTES);
  if (numbers === "all") set.bytes.fill(255);
  else if (numbers !== "none") {
    for (const n of numbers) set.bytes[(n - 1) >> 3] |= 1 << ((n - 1) & 7);
  }
  return set;
}

/** Resets a signal's disposition to the default. Skips those that cannot be changed. */
export function resetSignal(number: number): void {
  c.sigaction(number, allocate(SIGACTION.bytes).address, 0);
}

/** Ignores a signal, with SIG_IGN. */
export function ignoreSignal(number: number): void {
  const action = allocate(SIGACTION.bytes);
  action.view.setBigUint64(SIGACTION.sa_handler, SIG_IGN, true);
  c.sigaction(number, action.address, 0);
}

/** Replaces the signal mask of the calling thread. @returns the previous one */
export function setSignalMask(set: Block): Block {
  const old = allocate(SIGSET_BYTES);
  c.sigprocmask(SIG_SETMASK, set.address, old.address);
  return old;
}

/** Whether this process may signal another, by signal 0, kill(2). */
export function maySignal(pid: number): boolean {
  return c.kill(pid, 0) === 0 || errno() !== EPERM;
}

/** Whether there is such a process, or process group as a negative number, be it another user's. */
export function existsByNumber(target: number): boolean {
  return c.kill(target, 0) === 0 || errno() !== ESRCH;
}

/**
 * Sends a signal: pid > 0 to the process, < -1 to the process group -pid.
 * @returns false when there is no such process (ESRCH)
 */
export function sendSignal(pid: number, number: number): boolean {
  if (c.kill(pid, number) === 0) return true;
  const code = errno();
  if (code === ESRCH) return false;
  const target = pid < 0 ? `process group ${-pid}` : `pid ${pid}`;
  throw systemError(code, `send ${signalName(number)} to`, target);
}
