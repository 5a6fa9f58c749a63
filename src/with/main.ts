import { wordText } from "../libc/processes/process_image.ts";
import {
  findJobControl,
  ForegroundJob,
  type JobControl,
  underJobControl,
} from "../init/job_control.ts";
import { DEFAULTS } from "../init/settings.ts";
import { startProgram } from "../init/start_program.ts";
import { allCallersDescriptors } from "../libc/descriptors/descriptors.ts";
import { closeOnExecFrom, workingDirectory } from "../libc/processes/process.ts";
import { findProgram } from "../libc/processes/program_file.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { Ending } from "../libc/processes/wait.ts";

/** The foreground program: it has the terminal, standard input and output, and the caller's descriptors. */
export class Main {
  /** Once it has been started. */
  job: ForegroundJob | undefined;
  pid = 0;
  ending: Ending | undefined;
  /** imp ended everything while it ran. */
  endedByUs = false;
  private readonly descriptors: readonly number[];
  private readonly control: JobControl;

  /**
   * To be made before imp opens anything.
   * @throws ImpError if there is no such program: then no helper is started either
   */
  constructor(private readonly words: readonly Bytes[], public environment: readonly Bytes[]) {
    this.descriptors = allCallersDescriptors();
    closeOnExecFrom(3);
    this.control = findJobControl({ ...DEFAULTS, words });
    findProgram(wordText(words[0]), environment, workingDirectory());
  }

  /** @throws ImpError */
  start(): void {
    const { words, environment: env, descriptors, control } = this;
    this.pid = startProgram({ words, env, descriptors, control });
    this.job = new ForegroundJob(control, this.pid);
  }

  /** Whether anybody could continue imp if it stopped. */
  get isControlled(): boolean {
    return underJobControl(this.control);
  }

  signal(number: number): void {
    if (!this.ending) this.job?.forward(number);
  }

  resume(): void {
    if (!this.ending) this.job?.resume();
  }
}
