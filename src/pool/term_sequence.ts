import { UsageError } from "../base/errors.ts";
import type { StopStep } from "../termination/schedule.ts";
import { signalNumber } from "../libc/processes/signals.ts";

/** `TERM,5s,KILL`: signals, each followed by how long to wait; a bare number counts milliseconds. */
export function parseTermSequence(text: string, duration: (text: string) => number): StopStep[] {
  const words = text.split(",");
  const steps: StopStep[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const signal = signalNumber(words[i]);
    if (signal === undefined) {
      throw new UsageError(`'${words[i]}' is no signal`, "write for example TERM,5s,KILL");
    }
    const wait = words[i + 1];
    const ms = wait === undefined ? 0 : /^\d+$/.test(wait) ? Number(wait) : duration(wait);
    steps.push({ signal, wait: ms });
  }
  return steps;
}
