import { HOST_OPTIONS } from "./options/hosts.ts";
import { ITEM_OPTIONS } from "./options/items.ts";
import { OUTPUT_OPTIONS } from "./options/output.ts";
import { QUEUE_OPTIONS } from "./options/queue.ts";
import { RUNNING_OPTIONS } from "./options/running.ts";
import { STREAM_OPTIONS } from "./options/streams.ts";

/** In the order of the help. */
export const POOL_OPTIONS = [
  ...ITEM_OPTIONS,
  ...STREAM_OPTIONS,
  ...RUNNING_OPTIONS,
  ...HOST_OPTIONS,
  ...QUEUE_OPTIONS,
  ...OUTPUT_OPTIONS,
] as const;
export type PoolOption = typeof POOL_OPTIONS[number];
