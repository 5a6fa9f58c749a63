import { EMPTY } from "./bytes.ts";

/** What has come of a stream and is not used yet. Views of it stay as they are: its memory is never written again. */
export class Arrived {
  bytes: Uint8Array = EMPTY;
  /** What of `bytes` is in use: [start, end). Whoever has used some moves the start on. */
  start = 0;
  end = 0;

  /** More of the stream; it is copied. */
  push(chunk: Uint8Array): void {
    const rest = this.end - this.start;
    if (this.end + chunk.length > this.bytes.length) {
      // Doubled when what is waited for is longer than chunks are, or it would be copied for each of them.
      const room = rest + chunk.length + (rest > chunk.length ? rest : 0);
      const grown = new Uint8Array(room);
      grown.set(this.bytes.subarray(this.start, this.end));
      this.bytes = grown;
      this.start = 0;
      this.end = rest;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }
}
