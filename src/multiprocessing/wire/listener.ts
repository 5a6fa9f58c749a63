/** What the owner of a channel is told. */
export interface Listener {
  /** A value has arrived. */
  message(value: unknown): void;
  /** The other side has closed or died; everything it sent has arrived before. Not called after our own `close`. */
  closed?(): void;
  /** A message cannot be read here; the channel goes on. Without this callback, the process ends with that error. */
  failed?(error: unknown): void;
}
