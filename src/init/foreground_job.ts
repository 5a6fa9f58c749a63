import { SIGCONT, SIGHUP } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import type { ReceivedSignal } from "../libc/processes/signalfd.ts";
import { signalName } from "../libc/processes/signals.ts";
import { signalByNumber } from "../termination/identity.ts";
import { forwarded } from "./forwarding.ts";
import {
  foregroundOf,
  giveTerminal,
  type JobControl,
  takeTerminal,
  underJobControl,
} from "./job_control.ts";

const NO_REWRITES: ReadonlyMap<number, number> = new Map();

/** The program that init or `imp with` runs in the foreground: it gets signals and the terminal, is stopped and continued. */
export class ForegroundJob {
  /** Our own giving up of the terminal sends us these, once each. */
  private readonly expected: Set<number>;

  /** @param pid the program's; it has been started according to `control` */
  constructor(private readonly control: JobControl, private readonly pid: number) {
    const { plan, leadsSession, terminal } = control;
    const detached = plan === "session" && leadsSession && terminal !== undefined;
    this.expected = new Set(detached ? [SIGHUP, SIGCONT] : []);
  }

  /** Whether the signal is only the echo of what imp did itself. */
  expects(number: number): boolean {
    return this.expected.delete(number);
  }

  /** The signal that it is to get for one that imp got; 0 for none. */
  forwarded(signal: ReceivedSignal, rewrites = NO_REWRITES): number {
    return forwarded(signal, rewrites, this.control.plan, this.control.leadsSession);
  }

  /** It was stopped: what decides what becomes of that. */
  stopped(signal: number) {
    const foreground = foregroundOf(this.control, this.pid);
    return { type: "stopped", signal, foreground, jobControl: this.isControlled } as const;
  }

  /** Somebody above does job control and can continue us. */
  get isControlled(): boolean {
    return underJobControl(this.control);
  }

  /** @param toGroup to its whole group, if that is its own */
  forward(signal: number, toGroup = false): "group" | "program" {
    const { plan } = this.control;
    // A job is continued as a whole, since it was stopped as a whole.
    const whole = plan === "session" || (plan === "own" && (toGroup || signal === SIGCONT));
    this.send(whole ? -this.pid : this.pid, signal);
    return whole ? "group" : "program";
  }

  /** Continues it, and gives it the terminal if that is ours. */
  resume(): void {
    giveTerminal(this.control, this.pid);
    this.send(this.control.plan === "shared" ? this.pid : -this.pid, SIGCONT);
  }

  takeTerminal(): void {
    takeTerminal(this.control, this.pid);
  }

  private send(pid: number, number: number): void {
    // It may have become another user's, by a set-user-ID file for example. The kernel's answer stands.
    if (signalByNumber(pid, number) === "refused") {
      debug("init", "the signal was refused", { pid, signal: signalName(number) });
    }
  }
}
