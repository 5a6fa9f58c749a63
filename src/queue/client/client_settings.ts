import type { QueueAccess } from "../connection/access.ts";
import type { Lane } from "../lanes.ts";
import type { QueueSubjects, StreamNames } from "../names.ts";
import type { RunSettled } from "../run_records.ts";

/** What a client does with a run. */
export type ClientMode =
  /** Fills it and prints what becomes of it. */
  | "run"
  /** Fills it and leaves. */
  | "detach"
  /** Prints what is missing. */
  | "attach";

export interface RunClientSettings {
  readonly run: string;
  readonly mode: ClientMode;
  readonly once: boolean;
  readonly lane: Lane;
  /** Its jobs are put aside until then, milliseconds since 1970. */
  readonly notBefore?: number;
  /** Bytes of a message. */
  readonly longest: number;
  readonly streams: StreamNames;
  readonly subjects: QueueSubjects;
  readonly host: string;
  readonly pid: number;
  /** Bytes of output that the pool takes before it says more. */
  readonly credit: number;
  /** Place in the stream of results at the beginning. */
  readonly lastPlace: number;
  readonly settled: RunSettled | undefined;
  /** The total of the run was recorded before. */
  readonly isClosed: boolean;
  /** Takes jobs of these subjects out of the queue. */
  readonly removeJobs: (filter: string) => Promise<void>;
}

export interface RunClientEvents {
  send(frame: Uint8Array): void;
  note(text: string): void;
  /** Nothing is left to be done. */
  done(): void;
}

export interface BridgeSettings {
  readonly access: QueueAccess;
  readonly queue: string;
  readonly run: string;
  readonly mode: ClientMode;
  /** Jobs must not run twice. */
  readonly once: boolean;
  /** Of a run that is begun. */
  readonly lane: Lane;
  readonly notBefore?: number;
  /** How many jobs of the pool may be in the queue at once. */
  readonly window: number;
  /** Who has begun the run, and by which command, for readers. */
  readonly user: string;
  readonly command: string;
}
