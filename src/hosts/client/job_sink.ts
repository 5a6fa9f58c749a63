import type { ImpError } from "../../base/errors.ts";
import type { ExitedJob } from "../../pool/process/job_processes.ts";
import type { JobResult } from "../../pool/types.ts";
import type { OutputWriter } from "../../pool/output/writer.ts";
import type { RecordAnswer } from "../answer_frames.ts";
import type { GivenJob, PoolHost } from "./pool_host.ts";

/** The last word about a job. */
export interface LastWord {
  readonly result: JobResult;
  /** What `-k` goes by. */
  readonly order: number;
  /** It was with a host. */
  readonly given?: GivenJob;
  readonly exited?: ExitedJob;
  /** The answer to a record. */
  readonly answer?: RecordAnswer;
  /** Why it failed, where that is more than its end. */
  readonly why?: ImpError | string;
  /** Is called when all about it has been printed and recorded. */
  readonly printed?: () => void;
}

/** Where what jobs bring goes: to stdout, and to the job log. */
export interface JobSink {
  readonly writer: OutputWriter;
  /** So much waits to be printed that nothing new may be begun. */
  readonly isStrained: boolean;
  /** Numbers of jobs that have ended and of whose output something has not been written. */
  readonly unprinted: readonly number[];
  /** A job has written something. */
  output(host: PoolHost, given: GivenJob, target: 1 | 2, bytes: Uint8Array): void;
  /** No more comes of it. @returns bytes of its stdout */
  finish(given: GivenJob): number;
  /** Nothing of it is printed. */
  drop(given: GivenJob): void;
  close(last: LastWord): void;
  /** There is no such job. */
  leftOut(seq: number, order: number): void;
  /** Hands over what is ready to be written. */
  flush(): void;
  /** Nothing more comes: hands over everything. */
  end(): void;
}
