import { ownPid } from "./process.ts";
import { resetSignal, sendSignal, setSignalMask, signalNumber, signalSet } from "./signals.ts";

/**
 * Dies by the signal, so that the caller's shell sees what happened and ends its script or loop too: signal(7).
 * @param name without SIG
 * @returns the exit status that says the same, where the signal has no effect: on the PID 1 of a container
 */
export function dieBy(name: string): number {
  const number = signalNumber(name) ?? 0;
  resetSignal(number);
  // Nothing else that may be pending must come first.
  const others = signalSet("all");
  others.bytes[(number - 1) >> 3] &= ~(1 << ((number - 1) & 7));
  setSignalMask(others);
  sendSignal(ownPid(), number);
  return 128 + number;
}
