import { ImpError } from "../base/errors.ts";
import { writeAll } from "../libc/files.ts";

/** What a blocking descriptor takes without blocking once poll(2) has called it writable: PIPE_BUF. */
const SAFE_CHUNK = 4096;
/** With so much waiting, nothing more is read from helpers. */
const ENOUGH = 1 << 18;

/** Text on its way out. It never blocks: a slow reader must not keep imp from seeing signals and the ends of children. */
export class Outlet {
  private readonly queue: Uint8Array[] = [];
  private waiting = 0;
  private broken = false;
  private readonly encoder = new TextEncoder();

  constructor(readonly fd: number) {}

  push(text: string): void {
    if (this.broken) return;
    const bytes = this.encoder.encode(text);
    this.queue.push(bytes);
    this.waiting += bytes.length;
  }

  get pending(): boolean {
    return this.waiting > 0;
  }

  get congested(): boolean {
    return this.waiting > ENOUGH;
  }

  /** Writes some of it; to be called when poll(2) calls the descriptor writable. */
  pump(): void {
    const part = this.take();
    try {
      if (part.length > 0) writeAll(this.fd, part);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      // Nobody reads it any more. The run goes on: it is there for its program.
      this.broken = true;
      this.drop();
    }
  }

  drop(): void {
    this.queue.length = 0;
    this.waiting = 0;
  }

  /** Up to one chunk, of as many pieces as it takes. */
  private take(): Uint8Array {
    const chunk = new Uint8Array(Math.min(SAFE_CHUNK, this.waiting));
    let size = 0;
    while (size < chunk.length) {
      const [first] = this.queue;
      const part = first.subarray(0, chunk.length - size);
      chunk.set(part, size);
      size += part.length;
      if (part.length === first.length) this.queue.shift();
      else this.queue[0] = first.subarray(part.length);
    }
    this.waiting -= size;
    return chunk;
  }
}
