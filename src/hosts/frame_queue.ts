import { EAGAIN } from "../libc/abi.ts";
import { writeParts } from "../libc/descriptors/pipe.ts";

/** `blocked`: the other side takes no more now; `gone`: it has stopped reading. */
export type SendState = "sent" | "blocked" | "gone";

/** Frames waiting to be written to a non-blocking descriptor. */
export class FrameQueue {
  private readonly frames: Uint8Array[] = [];
  /** Bytes of the first one already written. */
  private skip = 0;
  /** How many of the first ones are urgent. */
  private hurried = 0;
  /** Bytes waiting. */
  size = 0;
  /** Total bytes written. */
  gone = 0;

  push(frame: Uint8Array): void {
    this.frames.push(frame);
    this.size += frame.length;
  }

  /** Ahead of all others except urgent ones and a partly written one. */
  pushUrgent(frame: Uint8Array): void {
    if (this.hurried === 0 && this.skip > 0) this.hurried = 1;
    this.frames.splice(this.hurried++, 0, frame);
    this.size += frame.length;
  }

  send(fd: number): SendState {
    while (this.frames.length > 0) {
      const n = writeParts(fd, this.frames, this.skip);
      if (n < 0) return n === -EAGAIN ? "blocked" : "gone";
      this.advance(n);
    }
    return "sent";
  }

  clear(): void {
    this.frames.length = 0;
    this.skip = this.hurried = this.size = 0;
  }

  private advance(n: number): void {
    this.size -= n;
    this.gone += n;
    let done = this.skip + n;
    let whole = 0;
    while (whole < this.frames.length && done >= this.frames[whole].length) {
      done -= this.frames[whole++].length;
    }
    this.frames.splice(0, whole);
    this.hurried = Math.max(0, this.hurried - whole);
    this.skip = done;
  }
}
