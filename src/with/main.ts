import { wordText } from "../libc/processes/process_image.ts";
import { SIGCONT, SIGHUP } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import {
  findJobControl,
  foregroundOf,
  giveTerminal,
  type JobControl,
  takeTerminal,
} from "../init/job_control.ts";
import { DEFAULTS } from "../init/settings.ts";
import { startProgram } from "../init/start_program.ts";
import type { Foreground } from "../init/state.ts";
import { allCallersDescriptors } from "../libc/descriptors/descriptors.ts";
import { closeOnExecFrom, workingDirectory } from "../libc/processes/process.ts";
import { findProgram } from "../libc/processes/program_file.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { Ending } from "../libc/processes/wait.ts";

/** The foreground program: it has the terminal, standard input and output, and the caller's descriptors. */
export class Main {
  readonly job: JobControl;
  pid = 0;
  ending: Ending | undefined;
  /** imp ended everything while it ran. */
  endedByUs = false;
  private readonly descriptors: readonly number[];
  /** Our own giving up of the terminal sends us these, once each. */
  private readonly expected = new Set<number>();

  /**
   * Before imp opens anything.
   * @throws ImpError when there is no such program: then no helper is started either
   */
  constructor(private readonly words: readonly Bytes[], public environment: readonly Bytes[]) {
    this.descriptors = allCallersDescriptors();
    closeOnExecFrom(3);
    this.job = findJobControl({ ...DEFAULTS, words });
    findProgram(wordText(words[0]), environment, workingDirectory());
  }

  /** @throws ImpError */
  start(): void {
    const { plan, leadsSession, terminal } = this.job;
    if (plan === "session" && leadsSession && terminal !== undefined) {
      for (const number of [SIGHUP, SIGCONT]) this.expected.add(number);
    }
    this.pid = startProgram({
      words: this.words,
      env: this.environment,
      descriptors: this.descriptors,
      job: this.job,
    });
  }

  /** Whether the signal is only the echo of what imp did itself. */
  expects(number: number): boolean {
    return this.expected.delete(number);
  }

  get foreground(): Foreground {
    return foregroundOf(this.job, this.pid);
  }

  signal(number: number): void {
    if (this.pid === 0 || this.ending) return;
    // A job is continued as a whole, since it was stopped as a whole.
    const group = this.job.plan === "session" || (number === SIGCONT && this.job.plan === "own");
    send(group ? -this.pid : this.pid, number);
  }

  resume(): void {
    if (this.pid === 0 || this.ending) return;
    giveTerminal(this.job, this.pid);
    send(this.job.plan === "shared" ? this.pid : -this.pid, SIGCONT);
  }

  takeTerminal(): void {
    if (this.pid > 0) takeTerminal(this.job, this.pid);
  }
}

function send(pid: number, number: number): void {
  try {
    sendSignal(pid, number);
  } catch (error) {
    // EPERM: it has become another user's. The kernel's answer stands.
    if (!(error instanceof ImpError)) throw error;
  }
}
