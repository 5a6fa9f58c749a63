import type { Bytes } from "../libc/processes/spawn.ts";
import type { WordBlock } from "../libc/processes/spawner.ts";
import type { StopStep } from "../termination/schedule.ts";
import type { NoChildrenSpawner } from "./process/no_children_spawner.ts";
import type { JobTerminal } from "./process/job_terminal.ts";
import type { JobHost } from "./template/template_parse.ts";
import type { HaltRule, Job, RetryRule, TimeoutRule } from "./types.ts";

/** Where jobs come from. */
export interface JobSource<J extends Job = Job> {
  /** @returns undefined if there is none now: read on, or it is the end */
  next(): J | undefined;
  /** Nothing more will come, and nothing is buffered. */
  readonly ended: boolean;
  /** The descriptor to wait for before {@link read}; -1 if reading never blocks. */
  readonly fd: number;
  /** Reads what is available. @throws ImpError if it cannot be read */
  read(): void;
  /** The number of jobs, once known. */
  readonly total: number | undefined;
  /** Gives running jobs more of the input, bit by bit. */
  readonly feeder?: JobFeeder;
}

/** Feeds running jobs with input. */
export interface JobFeeder {
  /** Readable when a job can take more. */
  readonly fd: number;
  /** @throws ImpError */
  feed(): void;
}

/** How jobs' output is printed: per job, per line, or as it comes. */
export type OutputMode = "group" | "line" | "none";

/** How many jobs run at a time; SIGUSR1, SIGUSR2 and `--jobs-file` change it. Settings never change otherwise. */
export interface JobLimit {
  value: number;
}

export interface PoolSettings {
  /** The file to execute. */
  readonly file: string;
  /** The command line of a job in a slot, and on a host if there are several. */
  readonly argv: (job: Job, slot: number, at?: JobHost) => readonly (Bytes | WordBlock)[];
  /** The maximum bytes of those words, each plus one; a longer job fails. */
  readonly maxChars?: number;
  /** Gets the words of each attempt before it runs. */
  readonly announce?: (words: readonly (Bytes | WordBlock)[]) => void;
  readonly jobLimit: JobLimit;
  readonly output: OutputMode;
  readonly inOrder: boolean;
  /** Output goes only into the records and results. */
  readonly silent: boolean;
  /** Where waiting output goes that takes too much memory; by default TMPDIR, and others. */
  readonly temporary?: string;
  /** The prefix of each line of a job's output. */
  readonly tag?: (job: Job, slot: number, at?: JobHost) => Uint8Array;
  /** A job's stdin. */
  readonly stdin?: (job: Job) => Uint8Array;
  /** Jobs get imp's own stdin, not /dev/null, unless it is a terminal, which they could not read in the background. */
  readonly keepStdin?: boolean;
  /** The running job has imp's terminal; there is one at a time. */
  readonly terminal?: JobTerminal;
  readonly retry?: RetryRule;
  readonly timeout?: TimeoutRule;
  readonly halt: HaltRule;
  /** Milliseconds between two starts. */
  readonly delay: number;
  /** Jobs may not start processes. */
  readonly noChildren?: NoChildrenSpawner;
  readonly termSteps: readonly StopStep[];
  /** Is removed with its contents if imp is killed. */
  readonly directory?: string;
  /** @returns false: no job may be started now (load, memory); asked again a second later */
  readonly mayStart?: () => boolean;
}

/** Something that the pool's loop calls regularly. */
export interface Ticker {
  /** The latest time of the next call, on the clock of runtime.now(). */
  next(): number;
  tick(running: number, total: number | undefined): void;
  /** Output is about to be written, perhaps to the same terminal. */
  makeRoom(): void;
}
