import { type HostFrame, HostFrames, ProtocolError } from "../hosts/frames.ts";
import type { GreetingFinder } from "../hosts/greeting.ts";
import { FrameBacklog } from "./frame_backlog.ts";

/** Events of a {@link FramePeer}. */
export interface FramePeerEvents {
  /** Its payload is valid until the next one. */
  frame(frame: HostFrame): void;
  /** It has ended, or sends invalid data. Called once. */
  gone(why: string): void;
}

/** A peer that exchanges frames over one socket of the runtime, or one per direction. */
export class FramePeer {
  private readonly frames = new HostFrames();
  private readonly backlog: FrameBacklog;
  private isOver = false;

  /** @param write as for {@link FrameBacklog} @param greeting that precedes its frames */
  constructor(
    write: (bytes: Uint8Array) => number,
    private readonly events: FramePeerEvents,
    private greeting?: GreetingFinder,
  ) {
    this.backlog = new FrameBacklog(write);
  }

  /** Whether it has taken everything. */
  get isIdle(): boolean {
    return this.backlog.isEmpty;
  }

  /** Whether its greeting has come. */
  get hasGreeted(): boolean {
    return this.greeting === undefined;
  }

  send(frame: Uint8Array): void {
    if (!this.isOver) this.backlog.push(frame);
  }

  /** It takes more again. */
  drain(): void {
    this.backlog.drain();
  }

  /** It has sent something. */
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

  /** Ends communication in both directions. */
  end(why: string): void {
    if (this.isOver) return;
    this.leave();
    this.events.gone(why);
  }

  /** The same, without an event. */
  leave(): void {
    this.isOver = true;
    this.backlog.clear();
  }
}
