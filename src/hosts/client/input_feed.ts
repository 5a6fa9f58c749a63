import { Deque } from "../../base/deque.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { HOST_FRAME, hostFrame } from "../frames.ts";
import type { FrameQueue } from "../frame_queue.ts";

/** Bytes kept ready to be sent; the rest stays in its file. */
const ENOUGH = 256 << 10;
const CHUNK = 64 << 10;

/** A job's input. */
interface Feeding {
  readonly job: number;
  /** Ours; closed once read. */
  readonly fd: number;
  readonly size: number;
  at: number;
}

/** Sends jobs' inputs, one after the other, no faster than they are taken. */
export class InputFeed {
  private readonly waiting = new Deque<Feeding>();

  constructor(private readonly queue: FrameQueue) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  add(job: number, fd: number, size: number): void {
    this.waiting.push({ job, fd, size, at: 0 });
  }

  /** Passes on as much as is useful now. */
  fill(): void {
    for (let first = this.waiting.first(); first; first = this.waiting.first()) {
      while (first.at < first.size) {
        if (this.queue.size >= ENOUGH) return;
        const bytes = readAt(first.fd, first.at, Math.min(CHUNK, first.size - first.at));
        if (typeof bytes === "number" || bytes.length === 0) break;
        this.queue.push(hostFrame(HOST_FRAME.input, first.job, bytes));
        first.at += bytes.length;
      }
      this.queue.push(hostFrame(HOST_FRAME.inputEnd, first.job));
      closeFile(first.fd);
      this.waiting.shift();
    }
  }

  clear(): void {
    for (const { fd } of this.waiting.drain()) closeFile(fd);
  }
}
