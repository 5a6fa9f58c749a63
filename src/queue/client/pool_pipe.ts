import { runtime } from "../../runtime/mod.ts";
import type { RuntimeSocket } from "../../runtime/types.ts";
import { FramePeer, type FramePeerEvents } from "../frame_peer.ts";

const STDIN = 0, STDOUT = 1;

/** The pool that started this process, over sockets as stdin and stdout. */
export class PoolPipe {
  private readonly input: RuntimeSocket;
  private readonly output: RuntimeSocket;
  private readonly peer: FramePeer;

  constructor(events: FramePeerEvents) {
    this.peer = new FramePeer((bytes) => this.output.write(bytes), events);
    const close = () => this.peer.end("it has ended");
    this.input = runtime.openSocket(STDIN, {
      data: (bytes) => this.peer.heard(bytes),
      drain: () => {},
      close,
    });
    this.output = runtime.openSocket(STDOUT, {
      data: () => {},
      drain: () => this.peer.drain(),
      close,
    });
  }

  /** Whether the pool has taken everything. */
  get isIdle(): boolean {
    return this.peer.isIdle;
  }

  send(frame: Uint8Array): void {
    this.peer.send(frame);
  }

  close(): void {
    this.peer.leave();
    this.input.close();
    this.output.close();
  }
}
