import { type HostFrame, HostFrames, ProtocolError } from "../../hosts/frames.ts";
import { runtime } from "../../runtime/mod.ts";
import type { RuntimeSocket } from "../../runtime/types.ts";

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
  private rest: Uint8Array[] = [];
  private over = false;

  constructor(private readonly events: PoolPipeEvents) {
    this.input = runtime.openSocket(STDIN, {
      data: (bytes) => this.heard(bytes),
      drain: () => {},
      close: () => this.end("it has ended"),
    });
    this.output = runtime.openSocket(STDOUT, {
      data: () => {},
      drain: () => this.drain(),
      close: () => this.end("it has ended"),
    });
  }

  /** Whether the pool has taken all that was sent. */
  get isIdle(): boolean {
    return this.rest.length === 0;
  }

  send(frame: Uint8Array): void {
    if (this.over) return;
    this.rest.push(frame);
    if (this.rest.length === 1) this.drain();
  }

  close(): void {
    this.over = true;
    this.input.close();
    this.output.close();
  }

  private drain(): void {
    while (this.rest.length > 0) {
      const [first] = this.rest;
      const sent = this.output.write(first);
      if (sent < 0) return;
      if (sent < first.length) {
        this.rest[0] = first.subarray(sent);
        return;
      }
      this.rest.shift();
    }
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
    this.rest = [];
    this.events.gone(why);
  }
}
