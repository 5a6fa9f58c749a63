import type { ImpError } from "../../base/errors.ts";
import type { ExitedJob } from "../../pool/process/job_processes.ts";
import type { JobResult } from "../../pool/types.ts";
import type { OutputWriter } from "../../pool/output/writer.ts";
import type { RecordAnswer } from "../answer_frames.ts";
import type { GivenJob, PoolHost } from "./pool_host.ts";

/** The final result of a job. */
export interface LastWord {
  readonly result: JobResult;
  /** The order for `-k`. */
  readonly order: number;
  /** It was with a host. */
  readonly given?: GivenJob;
  readonly exited?: ExitedJob;
  /** The answer to a record. */
  readonly answer?: RecordAnswer;
  /** Why it failed, if that says more than its end. */
  readonly why?: ImpError | string;
  /** Called when everything about it is printed and recorded. */
  readonly printed?: () => void;
}

/** Where jobs' output and results go: stdout, and the job log. */
export interface JobSink {
  readonly writer: OutputWriter;
  /** Too much output waits for new jobs to begin. */
  readonly isStrained: boolean;
  /** Numbers of ended jobs whose output is not completely written. */
  readonly unprinted: readonly number[];
  /** A job has written something. */
  output(host: PoolHost, given: GivenJob, target: 1 | 2, bytes: Uint8Array): void;
  /** It has no more output. @returns bytes of its stdout */
  finish(given: GivenJob): number;
  /** Prints nothing of it. */
  drop(given: GivenJob): void;
  close(last: LastWord): void;
  /** There is no such job. */
  leftOut(seq: number, order: number): void;
  /** Passes on what is ready to be written. */
  flush(): void;
  /** Nothing more will come: passes on everything. */
  end(): void;
}
