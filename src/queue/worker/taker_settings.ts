import type { QueueSubjects, StreamNames } from "../names.ts";
import type { DeliveryFacts } from "../stream_calls.ts";

export interface TakerSettings {
  readonly streams: StreamNames;
  readonly subjects: QueueSubjects;
  /** How often a job is begun before it is given up. */
  readonly mostDeliveries: number;
  /** How many jobs run at a time. */
  readonly slots: number;
  /** Unique to this worker. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Bytes that a message may carry now. */
  readonly room: () => number;
  /** Whether a message was certainly never delivered before. */
  readonly isFirst: (facts: DeliveryFacts) => boolean;
}
