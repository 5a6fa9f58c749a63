// Reads what streams have now, for who looks at a queue and is no part of it.
import type { JsMsg } from "@nats-io/jetstream";
import type { QueueConnection } from "../connection/connection.ts";

/** JetStream's codes: no such stream, no such message. */
export const STREAM_MISSING = 10059, MESSAGE_MISSING = 10037;
const NS_PER_MS = 1e6;
/** A consumer that only counts is gone after so long. */
const COUNTER_MS = 5000;

export interface ReadOptions {
  /** Only headers; the bodies stay where they are. */
  readonly headersOnly?: boolean;
  /** Place in the stream. Default: 1. */
  readonly from?: number;
}

/** Messages of these subjects, as many as there are when it begins, the oldest first. */
export async function* messagesOf(
  { jetstream }: QueueConnection,
  stream: string,
  subjects: string,
  { headersOnly = false, from = 1 }: ReadOptions = {},
): AsyncGenerator<JsMsg> {
  const consumer = await jetstream.consumers.get(stream, {
    filter_subjects: subjects,
    headers_only: headersOnly,
    ...from > 1 ? { deliver_policy: "by_start_sequence", opt_start_seq: from } : {},
  });
  try {
    if ((await consumer.info()).num_pending === 0) return;
    const messages = await consumer.consume();
    for await (const message of messages) {
      yield message;
      if (message.info.pending === 0) break;
    }
    await messages.close();
  } finally {
    await consumer.delete().catch(() => false);
  }
}

/** How many messages there are of these subjects. */
export async function countMessages(
  { manager }: QueueConnection,
  stream: string,
  subjects: string,
): Promise<number> {
  const consumer = await manager.consumers.add(stream, {
    filter_subject: subjects,
    ack_policy: "none",
    deliver_policy: "all",
    inactive_threshold: COUNTER_MS * NS_PER_MS,
    mem_storage: true,
    num_replicas: 1,
  });
  await manager.consumers.delete(stream, consumer.name).catch(() => false);
  return consumer.num_pending;
}
