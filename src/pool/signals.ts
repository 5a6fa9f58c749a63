import { callersIgnoredSignals } from "../libc/processes/dispositions.ts";
import { ignoreSignal, signalNumber } from "../libc/processes/signals.ts";
import { runtime } from "../runtime/mod.ts";

/** What ends the pool, changes the number of jobs, or suspends it. */
export const SIGNALS: readonly string[] = ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "TSTP"];

/** Collects signals until the pool's loop looks at them. */
export class SignalInbox {
  private readonly arrived: string[] = [];
  private readonly restore: (() => void)[];

  /** @param names without SIG; what the caller ignores stays ignored, under nohup(1) for example */
  constructor(names: readonly string[]) {
    // Not those that the runtime ignores for itself: set once more, they would look like the caller's.
    const ignored = callersIgnoredSignals();
    this.restore = names.filter((name) => !ignored.includes(signalNumber(name)!)).map((name) =>
      runtime.onSignal(`SIG${name}`, () => this.arrived.push(name))
    );
    // The first listener has Deno catch some more, among them SIGHUP.
    for (const number of ignored) ignoreSignal(number);
  }

  take(): string | undefined {
    return this.arrived.shift();
  }

  /** The signals have their old effect again. */
  release(): void {
    for (const restore of this.restore) restore();
  }
}
