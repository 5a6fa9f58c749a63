import type { Bytes } from "../../libc/processes/spawn.ts";
import type { PoolSettings } from "../settings.ts";
import type { WorkerProtocol } from "./line_protocol.ts";

export interface WorkerSettings {
  /** What workers have in common with jobs; `argv` and `stdin` are not used. */
  readonly pool: PoolSettings;
  readonly program: WorkerSpec;
  /** Records that a worker gets in its life; Infinity. */
  readonly maxTasks: number;
  /** Bytes of resident memory from which on it is replaced between two records; Infinity. */
  readonly maxMemory: number;
  /** One worker starts before the first record has come: a program that cannot work is told of even without records. */
  readonly eager: boolean;
  /** Print one object per record instead of its answer. */
  readonly json: boolean;
  /** Tells the user something on stderr. */
  readonly warn: (text: string) => void;
}

/** What a worker is made of. */
export interface WorkerSpec {
  readonly file: string;
  /** Whose function it calls, as the user has written it. */
  readonly module?: string;
  /** What to execute now, where that may change. */
  readonly fileNow?: () => string;
  /** Words `K=V` for its environment, besides imp's own. */
  readonly variables?: readonly string[];
  readonly argv: (slot: number) => readonly Bytes[];
  readonly protocol: WorkerProtocol;
  /** How many records a worker may have at once. */
  readonly ahead: number;
}
