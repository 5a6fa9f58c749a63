/** Frames on their way out of a socket of the runtime, which takes what it has room for. */
export class FrameBacklog {
  /** What the socket has not taken yet. */
  private rest: Uint8Array[] = [];

  /** @param write gives bytes to the socket. @returns how many it took; below 0: none */
  constructor(private readonly write: (bytes: Uint8Array) => number) {}

  get isEmpty(): boolean {
    return this.rest.length === 0;
  }

  push(frame: Uint8Array): void {
    this.rest.push(frame);
    if (this.rest.length === 1) this.drain();
  }

  /** The socket has room again. */
  drain(): void {
    while (this.rest.length > 0) {
      const [first] = this.rest;
      const sent = this.write(first);
      if (sent < 0) return;
      if (sent < first.length) {
        this.rest[0] = first.subarray(sent);
        return;
      }
      this.rest.shift();
    }
  }

  clear(): void {
    this.rest = [];
  }
}
