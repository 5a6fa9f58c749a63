import { Interrupted } from "../base/errors.ts";
import { runtime } from "../runtime/mod.ts";
import { signalNumber } from "../libc/processes/signals.ts";
import { ownPid } from "../libc/processes/process.ts";
import { Unreadable } from "../procfs/read.ts";
import { readStatus } from "../procfs/status.ts";

/** Turns the signals that ask a process to end into an error at the next wait. */
export class Interruption {
  private signal: string | undefined;
  private readonly restore: (() => void)[];

  constructor() {
    const status = readStatus(ownPid());
    // What the caller ignores stays ignored, under nohup(1) for example.
    const ignored = status instanceof Unreadable ? [] : status.signals.ignored;
    const names = ["HUP", "INT", "QUIT", "TERM"].filter((name) =>
      !ignored.includes(signalNumber(name)!)
    );
    this.restore = names.map((name) =>
      runtime.onSignal(`SIG${name}`, () => {
        this.signal ??= name;
      })
    );
  }

  /** @throws Interrupted when a signal has come */
  check(): void {
    if (this.signal) throw new Interrupted(this.signal);
  }

  /** Signals have their old effect again. */
  release(): void {
    for (const restore of this.restore) restore();
  }
}
