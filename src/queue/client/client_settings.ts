import type { RetryRule } from "../../pool/types.ts";
import type { QueueAccess } from "../connection/access.ts";
import type { Lane } from "../lanes.ts";
import type { QueueSubjects, StreamNames } from "../names.ts";
import type { RunSettled } from "../run_records.ts";

/** What a client does with a run. */
export type ClientMode =
  /** Fills it and prints the results. */
  | "run"
  /** Fills it and leaves. */
  | "detach"
  /** Prints the missing results. */
  | "attach";

export interface RunClientSettings {
  readonly run: string;
  readonly mode: ClientMode;
  readonly once: boolean;
  readonly lane: Lane;
  /** Its jobs are parked until then, milliseconds since 1970 by the servers' clock. */
  readonly notBefore?: number;
  /** Milliseconds by which the servers' clock is ahead of this machine's. */
  readonly ahead: number;
  /** Bytes that a message may carry. */
  readonly room: number;
  readonly streams: StreamNames;
  readonly subjects: QueueSubjects;
  readonly host: string;
  readonly pid: number;
  /** Bytes of output that the pool takes before granting more. */
  readonly credit: number;
  /** Last place in the stream of results at the start. */
  readonly lastPlace: number;
  readonly settled: RunSettled | undefined;
  /** Of so many jobs, the first that the pool gives, an earlier client may have submitted some. */
  readonly givenBefore: number;
  /** The run's total was recorded before. */
  readonly isClosed: boolean;
  /** Takes jobs of these subjects out of the queue. */
  readonly removeJobs: (filter: string) => Promise<void>;
}

export interface RunClientEvents {
  send(frame: Uint8Array): void;
  note(text: string): void;
  /** Nothing is left to do. */
  done(): void;
}

export interface BridgeSettings {
  readonly access: QueueAccess;
  readonly queue: string;
  readonly run: string;
  readonly mode: ClientMode;
  /** Jobs must not run twice. */
  readonly once: boolean;
  /** For a new run. */
  readonly lane: Lane;
  /** By this machine's clock. */
  readonly notBefore?: number;
  readonly retry?: RetryRule;
  /** How many of the pool's jobs may be in the queue at a time. */
  readonly window: number;
  /** Who started the run, and by which command, for display. */
  readonly user: string;
  readonly command: string;
}
