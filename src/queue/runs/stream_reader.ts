// Reads the current content of streams, for observers of a queue.
import { type ConsumerConfig, jetstreamManager, type JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { QueueConnection } from "../connection/connection.ts";

const NS_PER_MS = 1e6;
/** Messages requested at a time, and how long they may take. */
const AT_ONCE = 500, WAIT_MS = 2000;
/** How long a lost reader is remembered. */
const FORGOTTEN_MS = 15_000;

export interface ReadOptions {
  /** Only headers; the bodies are not fetched. */
  readonly headersOnly?: boolean;
}

/**
 * Messages of these subjects, as many as exist at the start, oldest first.
 * @throws ImpError ETIMEDOUT if some were lost on the way
 */
export async function* messagesOf(
  { nats, jetstream, manager }: QueueConnection,
  stream: string,
  subjects: string,
  { headersOnly = false }: ReadOptions = {},
): AsyncGenerator<JsMsg> {
  const { name, num_pending } = await makeReader(nats, stream, {
    filter_subject: subjects,
    ack_policy: "none",
    deliver_policy: "all",
    headers_only: headersOnly,
    inactive_threshold: FORGOTTEN_MS * NS_PER_MS,
    num_replicas: 1,
    mem_storage: true,
  });
  try {
    if (num_pending === 0) return;
    const consumer = await jetstream.consumers.get(stream, name);
    for (let number = 0;;) {
      const messages = await consumer.fetch({ max_messages: AT_ONCE, expires: WAIT_MS });
      for await (const message of messages) {
        if (message.info.deliverySequence !== ++number) throw lostOnTheWay(stream);
        yield message;
        if (message.info.pending === 0) return;
      }
      // Those removed meanwhile do not come.
      const { num_pending, delivered } = await consumer.info();
      if (delivered.consumer_seq !== number) throw lostOnTheWay(stream);
      if (num_pending === 0) return;
    }
  } finally {
    await manager.consumers.delete(stream, name).catch(() => false);
  }
}

/** A cluster may place it on a server that is down, and then nobody answers: the next try goes to another one. */
export async function makeReader(
  nats: NatsConnection,
  stream: string,
  config: Partial<ConsumerConfig>,
) {
  for (let timeout = FIRST_TRY_MS;; timeout = Math.min(2 * timeout, LAST_TRY_MS)) {
    const manager = await jetstreamManager(nats, { timeout, checkAPI: false });
    try {
      return await manager.consumers.add(stream, config);
    } catch (error) {
      if (timeout === LAST_TRY_MS || (error as Error).name !== "TimeoutError") throw error;
    }
  }
}

const FIRST_TRY_MS = 300, LAST_TRY_MS = 5000;

function lostOnTheWay(stream: string): ImpError {
  return new ImpError({
    action: "read",
    object: `stream ${stream}`,
    errno: "ETIMEDOUT",
    why: "the connection was lost meanwhile",
    exit: EXIT.failed,
  });
}
