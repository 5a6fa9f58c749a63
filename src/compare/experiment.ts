import { Interrupted } from "../base/errors.ts";
import { runtime } from "../runtime/mod.ts";
import { signalNumber } from "../libc/processes/signals.ts";
import { ownPid } from "../libc/processes/process.ts";
import { Unreadable } from "../procfs/read.ts";
import { readStatus } from "../procfs/status.ts";
import { SIGCHLD } from "../libc/abi.ts";
import { closeOnExecFrom } from "../libc/processes/process.ts";
import { callersVariable } from "../libc/processes/process_image.ts";
import { resetSignal } from "../libc/processes/signals.ts";
import { Guard } from "../termination/guard.ts";

/**
 * What a command needs that starts programs in order to watch them. Nothing is left behind, whatever ends it: what was
 * started carries a mark, and a guard looks for it, and for the directory, when this process is killed.
 */
export class Experiment {
  /** Not made yet. */
  readonly directory: string;
  readonly guard: Guard;
  private readonly interruption: Interruption;

  /** @param tag the environment variable that everything started has */
  constructor(command: "compare" | "lab", tag: string) {
    const parent = callersVariable("TMPDIR");
    const name = `imp-${command}-${crypto.randomUUID()}`;
    this.directory = `${parent?.startsWith("/") ? parent : "/tmp"}/${name}`;
    this.interruption = new Interruption();
    // Ignored, as the caller may have left it, it would leave no zombies, which are watched: wait(2).
    resetSignal(SIGCHLD);
    // Whatever the caller has open must not show up in what is watched.
    closeOnExecFrom(3);
    this.guard = new Guard({ command, tag, directory: this.directory, unattended: true });
    this.guard.start();
  }

  /** @throws Interrupted when a signal has come */
  check(): void {
    this.interruption.check();
  }

  /** To be called when all is cleared away. */
  end(): void {
    this.guard.dismiss();
    this.interruption.release();
  }
}

/** Turns the signals that ask a process to end into an error at the next wait. */
class Interruption {
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
