/** What the owner of a channel hears. */
export interface Listener {
  /** A value has come. */
  message(value: unknown): void;
  /** The other side has closed or died; everything that it had sent has come before. Not called after our own `close`. */
  closed?(): void;
  /** A message cannot be read here; the channel goes on. Where nobody hears it, the process ends by that error. */
  failed?(error: unknown): void;
}
