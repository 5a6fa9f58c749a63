import { closeFile, readSome } from "../../libc/descriptors/files.ts";
import { unreadBytes } from "../../libc/descriptors/pipe.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Member } from "../../pool/process/processes.ts";
import type { WorkerPipes } from "../../pool/workers/worker.ts";
import { type HostFrame, HostFrames } from "../frames.ts";
import { FrameQueue, type SendState } from "../frame_queue.ts";
import { saidWords } from "../host_approach.ts";
import { GreetingFinder, type WorkerGreeting } from "../greeting.ts";
import type { ClientFiles } from "../files/client_files.ts";
import { InputFeed } from "./input_feed.ts";

/** How much output is kept of a process that never becomes a worker. */
const MOST_SAID = 64 << 10;

/** One process on the way to a host, and its output: first anything, then the greeting, then frames. */
export class HostLink<H> implements Member {
  readonly queue = new FrameQueue();
  readonly feed = new InputFeed(this.queue);
  private readonly finder = new GreetingFinder();
  private readonly frames = new HostFrames();
  greeting: WorkerGreeting | undefined;
  /** Its jobs' files, if they may have any. */
  files: ClientFiles | undefined;
  /** Its worker has answered SETUP. */
  isReady = false;
  /** The number of concurrent jobs, if changed since SETUP. */
  newSlots: number | undefined;
  /** It has reported that it cannot work. */
  hasFailed = false;
  /** It was told that no more jobs come. */
  isLeaving = false;
  /** Sends nothing any more. */
  isClosed = false;
  /** It may end by itself until then: on the clock of runtime.now(). */
  grace = Infinity;
  /** When something last came from it. */
  heard = runtime.now();
  /** When it was started, on the same clock; Infinity once it has taken too long. */
  begun = this.heard;
  /** Why it is given up, if known. */
  complaint: string | undefined;
  said = "";
  /** The end of its stderr before it was ready. */
  complaints = "";
  private readonly decoder = new TextDecoder();
  private readonly complaintDecoder = new TextDecoder();
  /** The incomplete line of stderr. */
  private line = "";

  /** @param isCopy it does not become a worker */
  constructor(
    readonly host: H,
    readonly pid: number,
    readonly slot: number,
    readonly pipes: WorkerPipes,
    readonly isCopy: boolean,
  ) {}

  /** Whether something waits to be sent. */
  get hasUnsent(): boolean {
    return this.queue.size > 0 || !this.feed.isEmpty || this.files?.hasMore === true;
  }

  send(): SendState {
    if (this.isClosed) return "gone";
    for (;;) {
      this.feed.fill();
      this.files?.fill(this.queue);
      const state = this.queue.send(this.pipes.stdin);
      if (state !== "sent" || (this.feed.isEmpty && !this.files?.hasMore)) return state;
    }
  }

  /** Reads its stdout. @returns false at the end; undefined if there is nothing now */
  read(): Uint8Array | false | undefined {
    const chunk = readSome(this.pipes.stdout);
    if (typeof chunk === "number") return undefined;
    this.heard = runtime.now();
    return chunk.length === 0 ? false : chunk;
  }

  /** @returns what was there when it ended; processes that inherited its stdout may go on writing */
  *rest(): Iterable<Uint8Array> {
    for (let left = unreadBytes(this.pipes.stdout); left > 0;) {
      const chunk = this.read();
      if (!chunk) return;
      yield chunk;
      left -= chunk.length;
    }
  }

  /**
   * Handles received bytes.
   * @returns whether they completed the greeting @throws ProtocolError
   */
  take(chunk: Uint8Array): boolean {
    if (this.greeting) {
      this.frames.push(chunk);
      return false;
    }
    if (this.said.length < MOST_SAID) this.said += this.decoder.decode(chunk, { stream: true });
    if (this.isCopy) return false;
    const found = this.finder.push(chunk);
    if (!found) return false;
    this.greeting = found.greeting;
    this.frames.push(found.rest);
    return true;
  }

  /** A script has said its last word there. */
  get hasAnswered(): boolean {
    return !this.greeting && saidWords(this.said) !== undefined;
  }

  /** @throws ProtocolError */
  next(): HostFrame | undefined {
    return this.greeting && this.frames.next();
  }

  /** Takes its stderr, or other information. @returns whole lines */
  complain(chunk: Uint8Array | string): string[] {
    const text = typeof chunk === "string"
      ? chunk
      : this.complaintDecoder.decode(chunk, { stream: true });
    this.complaints = (this.complaints + text).slice(-MOST_SAID);
    const lines = (this.line + text).split("\n");
    this.line = lines.pop()!.slice(-MOST_SAID);
    return lines;
  }

  /** Sends no more: a worker then ends everything. */
  closeInput(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.queue.clear();
    this.feed.clear();
    if (this.pipes.stdin >= 0) closeFile(this.pipes.stdin);
  }

  close(): void {
    this.closeInput();
    this.files?.close();
    closeFile(this.pipes.stdout);
    closeFile(this.pipes.stderr);
  }
}
