import { PIPE_BUF } from "../libc/abi_files.ts";
import { ImpError } from "../base/errors.ts";
import { writeAll } from "../libc/descriptors/files.ts";

/** What a blocking descriptor accepts without blocking once poll(2) reports it writable. */
const SAFE_CHUNK = PIPE_BUF;
/** With this much waiting, nothing more is read from helpers. */
const ENOUGH = 1 << 18;
/** UTF-8 takes at most this many bytes for a UTF-16 unit. */
const WIDEST = 3;

/**
 * Output on its way out. It never blocks: a slow reader must not keep imp from seeing signals and the ends of children.
 */
export class Outlet {
  /** The waiting bytes are from `start` to `end`: one buffer, since a queue of a million short lines would empty slowly. */
  private buffer = new Uint8Array(1 << 12);
  private start = 0;
  private end = 0;
  private broken = false;
  private readonly encoder = new TextEncoder();

  constructor(readonly fd: number) {}

  /** Bytes go out unchanged: what a program prints need not be UTF-8. */
  push(...parts: readonly (string | Uint8Array)[]): void {
    if (this.broken) return;
    for (const part of parts) {
      if (typeof part === "string") {
        this.reserve(part.length * WIDEST);
        this.end += this.encoder.encodeInto(part, this.buffer.subarray(this.end)).written;
      } else {
        this.reserve(part.length);
        this.buffer.set(part, this.end);
        this.end += part.length;
      }
    }
  }

  get pending(): boolean {
    return this.end > this.start;
  }

  get congested(): boolean {
    return this.end - this.start > ENOUGH;
  }

  /** Writes some of it; to be called when poll(2) reports the descriptor writable. */
  pump(): void {
    const part = this.buffer.subarray(this.start, Math.min(this.start + SAFE_CHUNK, this.end));
    this.start += part.length;
    try {
      if (part.length > 0) writeAll(this.fd, part);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      // Nobody reads it any more. The run goes on: it exists for its program.
      this.broken = true;
      this.drop();
    }
  }

  drop(): void {
    this.start = this.end = 0;
  }

  /** Makes room for `more` bytes after the end. */
  private reserve(more: number): void {
    const waiting = this.end - this.start;
    if (this.end + more <= this.buffer.length) return;
    const fits = waiting + more <= this.buffer.length >> 1;
    const target = fits ? this.buffer : new Uint8Array(2 * (waiting + more));
    target.set(this.buffer.subarray(this.start, this.end));
    this.buffer = target;
    this.start = 0;
    this.end = waiting;
  }
}
