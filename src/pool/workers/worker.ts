import { EAGAIN } from "../../libc/abi.ts";
import { closeFile, readSome } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Attempt } from "../retries.ts";
import type { TreeEnding } from "../tree_endings.ts";
import type { Pace } from "./pace.ts";
import { unreadBytes } from "../../libc/descriptors/pipe.ts";
import { writeParts } from "./pipes.ts";
import type { Decoder } from "./protocol.ts";

/** A record that was given to a worker and is not answered yet. */
export interface Sent {
  readonly attempt: Attempt;
  /** Bytes of it on the worker's stdin. */
  readonly length: number;
}

/** imp's ends of a worker's three pipes. */
export interface WorkerPipes {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** One process that answers records, and what it owes. Reading and writing never block. */
export class Worker {
  /** Unanswered, in the order in which they were sent: it works on the first one. */
  readonly flight: Sent[] = [];
  /** When it began the first one, or itself: on the clock of runtime.now(), and since 1970. */
  since = runtime.now();
  sinceEpoch = Date.now();
  /** When something was last heard of it, or given to it while it was idle. */
  heard = this.since;
  ready: boolean;
  /** It gets nothing more: it ends when it has answered what it has. */
  retiring = false;
  /** How many records it was given, and has answered. */
  given = 0;
  answered = 0;
  /** It is being ended by imp; with `late` because the time of this record was up. */
  ending?: TreeEnding;
  late?: Attempt;
  /** It has closed its stdin or stdout and is given until then to end by itself. */
  grace = Infinity;
  private stdin: number;
  private readonly parts: Uint8Array[] = [];
  private skip = 0;
  private partBytes = 0;
  private finalUnread: number | undefined;

  constructor(
    readonly slot: number,
    readonly pid: number,
    readonly pipes: WorkerPipes,
    readonly decoder: Decoder,
    readonly pace: Pace,
    greets: boolean,
  ) {
    this.ready = !greets;
    this.stdin = pipes.stdin;
  }

  /** For messages. */
  get name(): string {
    return `worker ${this.slot} (pid ${this.pid})`;
  }

  /** Numbers of the records that it has not answered. */
  get jobs(): number[] {
    return this.flight.map(({ attempt }) => attempt.job.seq);
  }

  /** How many more records it may have now. */
  get room(): number {
    if (!this.ready || this.retiring || this.ending || this.partBytes > 0) return 0;
    return this.pace.depth - this.flight.length;
  }

  /** It begins the first record of those that it has now. */
  begins(): void {
    this.since = runtime.now();
    this.sinceEpoch = Date.now();
  }

  /** For so many milliseconds nobody could work. */
  wasSuspended(ms: number): void {
    this.since += ms;
    this.heard += ms;
    this.grace += ms;
  }

  give(attempt: Attempt, bytes: Uint8Array): void {
    if (this.flight.length === 0) {
      this.begins();
      this.heard = this.since;
      this.pace.begin(this.since);
    }
    this.flight.push({ attempt, length: bytes.length });
    this.parts.push(bytes);
    this.given++;
  }

  /** Whether it was given something that has not been sent. */
  get hasUnsent(): boolean {
    return this.parts.length > 0;
  }

  /** Sends what it was given. @returns `blocked` when its pipe is full, `gone` when it does not read any more */
  send(): "sent" | "blocked" | "gone" {
    while (this.parts.length > 0) {
      const n = this.stdin < 0 ? -1 : writeParts(this.stdin, this.parts, this.skip);
      if (n < 0) {
        this.partBytes = this.unsent();
        return n === -EAGAIN ? "blocked" : "gone";
      }
      this.advance(n);
    }
    this.partBytes = 0;
    return "sent";
  }

  /** No further record comes: the program sees the end of its input. */
  closeInput(): void {
    if (this.stdin < 0) return;
    this.finalUnread = this.unread();
    closeFile(this.stdin);
    this.stdin = -1;
  }

  get inputClosed(): boolean {
    return this.stdin < 0;
  }

  /** It has ended: what others may still read of its stdin changes nothing. */
  settleUnread(): void {
    this.finalUnread ??= this.unread();
  }

  /** Bytes of its records that it has not read. */
  unread(): number {
    return this.finalUnread ?? unreadBytes(this.stdin) + this.unsent();
  }

  /** Reads what it has written. @returns false at the end; undefined when there is nothing now */
  read(): boolean | undefined {
    const chunk = readSome(this.pipes.stdout);
    if (typeof chunk === "number") return undefined;
    if (chunk.length === 0) return false;
    this.decoder.push(chunk);
    return true;
  }

  /** Whether it has written something that imp has not read. */
  get hasSpoken(): boolean {
    return unreadBytes(this.pipes.stdout) > 0;
  }

  /** What it had written when it ended. Somebody who inherited the pipe may go on writing: that is not read. */
  drain(): void {
    for (let left = unreadBytes(this.pipes.stdout); left > 0;) {
      const chunk = readSome(this.pipes.stdout);
      if (typeof chunk === "number" || chunk.length === 0) return;
      this.decoder.push(chunk);
      left -= chunk.length;
    }
  }

  close(): void {
    this.closeInput();
    closeFile(this.pipes.stdout);
    closeFile(this.pipes.stderr);
  }

  private unsent(): number {
    let bytes = -this.skip;
    for (const { length } of this.parts) bytes += length;
    return bytes;
  }

  private advance(n: number): void {
    let done = this.skip + n;
    let whole = 0;
    while (whole < this.parts.length && done >= this.parts[whole].length) {
      done -= this.parts[whole++].length;
    }
    this.parts.splice(0, whole);
    this.skip = done;
  }
}
