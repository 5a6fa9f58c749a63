import { type HostFrame, HostFrames, ProtocolError } from "../../hosts/frames.ts";
import { runtime } from "../../runtime/mod.ts";
import type { RuntimeSocket } from "../../runtime/types.ts";
import { FrameBacklog } from "../frame_backlog.ts";

/** What the pool does. */
export interface PoolPipeEvents {
  /** Its payload is valid until the next one. */
  frame(frame: HostFrame): void;
  /** It has ended, or cannot be understood. Called once. */
  gone(why: string): void;
}

const STDIN = 0, STDOUT = 1;

/** The pool that has started this process: sockets as its stdin and stdout. */
export class PoolPipe {
  private readonly frames = new HostFrames();
  private readonly input: RuntimeSocket;
  private readonly output: RuntimeSocket;
  private readonly backlog = new FrameBacklog((bytes) => this.output.write(bytes));
  private over = false;

  constructor(private readonly events: PoolPipeEvents) {
    this.input = runtime.openSocket(STDIN, {
      data: (bytes) => this.heard(bytes),
      drain: () => {},
      close: () => this.end("it has ended"),
    });
    this.output = runtime.openSocket(STDOUT, {
      data: () => {},
      drain: () => this.backlog.drain(),
      close: () => this.end("it has ended"),
    });
  }

  /** Whether the pool has taken all that was sent. */
  get isIdle(): boolean {
    return this.backlog.isEmpty;
  }

  send(frame: Uint8Array): void {
    if (!this.over) this.backlog.push(frame);
  }

  close(): void {
    this.over = true;
    this.input.close();
    this.output.close();
  }

  private heard(bytes: Uint8Array): void {
    if (this.over) return;
    try {
      this.frames.push(bytes);
      for (let frame = this.frames.next(); frame && !this.over; frame = this.frames.next()) {
        this.events.frame(frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.end(error.message);
    }
  }

  private end(why: string): void {
    if (this.over) return;
    this.over = true;
    this.backlog.clear();
    this.events.gone(why);
  }
}
