// What the queue needs of a connection. The tests have one with a simulated server.

/** A message from the server. */
export interface QueueMessage {
  readonly subject: string;
  /** Where an answer goes; may be empty. */
  readonly reply: string;
  readonly data: Uint8Array;
  /** The status in its first header line: 0 none, or 404, 408, 503 … */
  readonly status: number;
  /** The text after it. */
  readonly description: string;
  header(name: string): string;
}

/** Names and values. */
export type QueueHeaders = Readonly<Record<string, string>>;

export interface QueueLink {
  /** Sends a message without an answer. @returns false if there is no connection: nothing is sent */
  publish(subject: string, data: Uint8Array, reply?: string): boolean;
  /**
   * Sends a request.
   * @param done called once: with the answer, or undefined if none came in time or the connection was lost.
   */
  request(
    subject: string,
    data: Uint8Array,
    headers: QueueHeaders | undefined,
    done: (answer: QueueMessage | undefined) => void,
  ): void;
  /** Calls `then` after that many milliseconds. */
  later(ms: number, then: () => void): void;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
}

export const NO_DATA = new Uint8Array(0);
