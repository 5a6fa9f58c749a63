import { type HostFrame, HostFrames, ProtocolError } from "../hosts/frames.ts";
import type { GreetingFinder } from "../hosts/greeting.ts";
import { FrameBacklog } from "./frame_backlog.ts";

/** What becomes of a {@link FramePeer}. */
export interface FramePeerEvents {
  /** Its payload is valid until the next one. */
  frame(frame: HostFrame): void;
  /** It has ended, or cannot be understood. Called once. */
  gone(why: string): void;
}

/** Who speaks in frames at the other end of a socket of the runtime, or of one for each direction. */
export class FramePeer {
  private readonly frames = new HostFrames();
  private readonly backlog: FrameBacklog;
  private isOver = false;

  /** @param write as of {@link FrameBacklog} @param greeting that comes before its frames */
  constructor(
    write: (bytes: Uint8Array) => number,
    private readonly events: FramePeerEvents,
    private greeting?: GreetingFinder,
  ) {
    this.backlog = new FrameBacklog(write);
  }

  /** Whether it has taken all that was sent. */
  get isIdle(): boolean {
    return this.backlog.isEmpty;
  }

  send(frame: Uint8Array): void {
    if (!this.isOver) this.backlog.push(frame);
  }

  /** It takes something again. */
  drain(): void {
    this.backlog.drain();
  }

  /** It has said something. */
  heard(bytes: Uint8Array): void {
    if (this.isOver) return;
    try {
      const found = this.greeting ? this.greeting.push(bytes) : { rest: bytes };
      if (!found) return;
      this.greeting = undefined;
      this.frames.push(found.rest);
      for (let frame = this.frames.next(); frame && !this.isOver; frame = this.frames.next()) {
        this.events.frame(frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.end(error.message);
    }
  }

  /** Nothing more is said, on either side. */
  end(why: string): void {
    if (this.isOver) return;
    this.leave();
    this.events.gone(why);
  }

  /** The same, and nobody is told. */
  leave(): void {
    this.isOver = true;
    this.backlog.clear();
  }
}
