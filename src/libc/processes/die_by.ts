import { ownPid } from "./process.ts";
import { resetSignal, sendSignal, setSignalMask, signalNumber, signalSet } from "./signals.ts";

/**
 * Dies by the signal, so that the caller's shell sees it and ends its script or loop too: signal(7).
 * @param name without SIG
 * @returns the equivalent exit status where the signal has no effect: PID 1 of a container
 */
export function dieBy(name: string): number {
  const number = signalNumber(name) ?? 0;
  resetSignal(number);
  // No other pending signal may come first.
  const others = signalSet("all");
  others.bytes[(number - 1) >> 3] &= ~(1 << ((number - 1) & 7));
  setSignalMask(others);
  sendSignal(ownPid(), number);
  return 128 + number;
}
