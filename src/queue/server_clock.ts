import type { QueueConnection } from "./connection/connection.ts";
import { makeReader } from "./runs/stream_reader.ts";

/** How long a measurement counts. */
const KNOWN_MS = 10 * 60_000;

/**
 * The clock of the servers: machines of one queue may disagree about the time, and what one of them decides by its own
 * clock could come too early for all. Asked rarely; between that it goes on as this machine's monotonic clock.
 */
export class ServerClock {
  /** On the servers' clock, when the monotonic one was 0. */
  private base = 0;
  private askedAt = -Infinity;

  constructor(
    private readonly connection: QueueConnection,
    /** Any stream. */
    private readonly stream: string,
  ) {}

  /** Milliseconds since 1970. */
  async now(): Promise<number> {
    if (performance.now() - this.askedAt > KNOWN_MS) await this.ask();
    return this.base + performance.now();
  }

  /** Nothing is stored for it: a store may be full. The answer to a new reader says when it was made. */
  private async ask(): Promise<void> {
    const begun = performance.now();
    const { name, created } = await makeReader(this.connection.nats, this.stream, {
      ...{ ack_policy: "none", deliver_policy: "new", mem_storage: true, num_replicas: 1 },
      inactive_threshold: 15e9,
    });
    const ended = performance.now();
    void this.connection.manager.consumers.delete(this.stream, name).catch(() => false);
    // Nanoseconds are more than a date has.
    const made = Date.parse(created.replace(/(\.\d{3})\d+/, "$1"));
    this.base = made - (begun + ended) / 2;
    this.askedAt = ended;
  }
}
