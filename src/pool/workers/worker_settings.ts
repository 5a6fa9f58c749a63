import type { Bytes } from "../../libc/processes/spawn.ts";
import type { PoolSettings } from "../settings.ts";
import type { WorkerProtocol } from "./line_protocol.ts";

export interface WorkerSettings {
  /** Settings that workers share with jobs; `argv` and `stdin` are not used. */
  readonly pool: PoolSettings;
  readonly program: WorkerSpec;
  /** Most records that a worker gets in its life; may be Infinity. */
  readonly maxTasks: number;
  /** It is replaced between two records when its resident memory reaches this many bytes; may be Infinity. */
  readonly maxMemory: number;
  /** One worker starts before the first record arrives: a broken program is reported even without records. */
  readonly eager: boolean;
  /** Print one object per record instead of its answer. */
  readonly json: boolean;
  /** Prints a message for the user on stderr. */
  readonly warn: (text: string) => void;
}

/** How a worker is started. */
export interface WorkerSpec {
  readonly file: string;
  /** The module whose function it calls, as the user has written it. */
  readonly module?: string;
  /** The file to execute now, if it may change. */
  readonly fileNow?: () => string;
  /** Words `K=V` for its environment, in addition to imp's own. */
  readonly variables?: readonly string[];
  readonly argv: (slot: number) => readonly Bytes[];
  readonly protocol: WorkerProtocol;
  /** How many records a worker may have at once. */
  readonly ahead: number;
}
