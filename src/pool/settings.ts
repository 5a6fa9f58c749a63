import type { Bytes } from "../libc/processes/spawn.ts";
import type { WordBlock } from "../libc/processes/spawner.ts";
import type { StopStep } from "../termination/schedule.ts";
import type { NoChildrenSpawner } from "./process/no_children_spawner.ts";
import type { JobTerminal } from "./process/job_terminal.ts";
import type { JobHost } from "./template/template_parse.ts";
import type { HaltRule, Job, RetryRule, TimeoutRule } from "./types.ts";

/** Where jobs come from. */
export interface JobSource {
  /** @returns undefined when there is none now: read on, or it is the end */
  next(): Job | undefined;
  /** Nothing more will come, and nothing is buffered. */
  readonly ended: boolean;
  /** The descriptor to wait for before {@link read}; -1 when reading never blocks. */
  readonly fd: number;
  /** Takes in what is there. @throws ImpError when it cannot be read */
  read(): void;
  /** All jobs, once that is known. */
  readonly total: number | undefined;
  /** Where jobs that run get more of it, little by little. */
  readonly feeder?: JobFeeder;
}

/** Somebody who gives jobs what they read. */
export interface JobFeeder {
  /** Readable when a job can take more. */
  readonly fd: number;
  /** @throws ImpError */
  feed(): void;
}

/** How jobs' output gets out: whole jobs, whole lines, or however it comes. */
export type OutputMode = "group" | "line" | "none";

/** How many jobs run at once, now: SIGUSR1, SIGUSR2 and `--jobs-file` change it. Settings never change otherwise. */
export interface JobLimit {
  value: number;
}

export interface PoolSettings {
  /** The file to execute. */
  readonly file: string;
  /** The command line of a job in a slot, and on a host where there are several. */
  readonly argv: (job: Job, slot: number, at?: JobHost) => readonly (Bytes | WordBlock)[];
  /** Bytes that those words take at most, with one behind each; a longer job fails. */
  readonly maxChars?: number;
  /** Is told the words of each attempt before it runs. */
  readonly announce?: (words: readonly (Bytes | WordBlock)[]) => void;
  readonly jobLimit: JobLimit;
  readonly output: OutputMode;
  readonly inOrder: boolean;
  /** Output goes nowhere but into the records and results. */
  readonly silent: boolean;
  /** Where output waits that takes too much memory; TMPDIR, and others, where left out. */
  readonly temporary?: string;
  /** What stands before each line of a job's output. */
  readonly tag?: (job: Job, slot: number, at?: JobHost) => Uint8Array;
  /** What a job gets on stdin. */
  readonly stdin?: (job: Job) => Uint8Array;
  /** Jobs get imp's own stdin and not /dev/null, unless it is a terminal, which they could not read from the background. */
  readonly keepStdin?: boolean;
  /** The job that runs has imp's terminal; there is one at a time. */
  readonly terminal?: JobTerminal;
  readonly retry?: RetryRule;
  readonly timeout?: TimeoutRule;
  readonly halt: HaltRule;
  /** Milliseconds between two starts. */
  readonly delay: number;
  /** Jobs may not start processes. */
  readonly noChildren?: NoChildrenSpawner;
  readonly termSteps: readonly StopStep[];
  /** Is removed with everything in it when imp is killed. */
  readonly directory?: string;
  /** @returns false: no job may be started at the moment (load, memory); asked again a second later */
  readonly mayStart?: () => boolean;
}

/** Somebody who wants to be called in the pool's loop. */
export interface Ticker {
  /** When, at the latest, on the clock of runtime.now(). */
  next(): number;
  tick(running: number, total: number | undefined): void;
  /** Output is about to be written, maybe to the same terminal. */
  makeRoom(): void;
}
