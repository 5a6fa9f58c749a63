import { F_GETFL, F_SETFL, O_NONBLOCK } from "../../libc/abi.ts";
import { libc } from "../../libc/calling/load.ts";
import type { LoopWriter } from "../../pool/loop.ts";
import type { Pumped } from "../../pool/output/writer.ts";
import { HOST_FRAME, hostFrame } from "../frames.ts";
import { FrameQueue } from "../frame_queue.ts";

/** Bytes of output per frame. */
const MOST_OUTPUT = 64 << 10;
/** More need not wait in memory: the rest is in files. */
const ENOUGH = 256 << 10;

/** A worker's messages to its client, on its stdout. */
export class FrameOutput implements LoopWriter {
  private readonly queue = new FrameQueue();
  /** Bytes of output that the client still takes. */
  credit = 0;
  /** Passes on what there was no room for. */
  refill: () => void = () => {};
  readonly congested = false;
  readonly blockedOn = 1;

  constructor(private readonly fd: number) {
    const { fcntl } = libc("fcntl");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
  }

  get pending(): number {
    return this.queue.size;
  }

  get gone(): number {
    return this.queue.gone;
  }

  /** How many bytes of output may be passed on now. */
  get room(): number {
    return Math.min(this.credit, ENOUGH - this.queue.size, MOST_OUTPUT);
  }

  /** Whether other waiting data may be passed on now. */
  get isRoomy(): boolean {
    return this.queue.size < ENOUGH;
  }

  push(frame: Uint8Array): void {
    this.queue.push(frame);
  }

  /** Sends it even without credit: a job's last output cannot wait. */
  output(job: number, target: 1 | 2, bytes: Uint8Array): void {
    const type = target === 1 ? HOST_FRAME.out : HOST_FRAME.err;
    this.credit -= bytes.length;
    for (let from = 0; from < bytes.length; from += MOST_OUTPUT) {
      this.push(hostFrame(type, job, bytes.subarray(from, from + MOST_OUTPUT)));
    }
  }

  pump(): Pumped {
    for (;;) {
      const sent = this.queue.send(this.fd);
      if (sent !== "sent") return sent;
      this.refill();
      if (this.queue.size === 0) return "idle";
    }
  }

  /** What waits is not for a person: it is sent whole, unless the reader is gone. */
  seal(): void {}
}
