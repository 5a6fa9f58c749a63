import type { QueueSubjects, StreamNames } from "../names.ts";

export interface TakerSettings {
  readonly streams: StreamNames;
  readonly subjects: QueueSubjects;
  /** How often a job is given to workers before it is given up. */
  readonly mostDeliveries: number;
  /** Of this worker, unlike all others. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}
