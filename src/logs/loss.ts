import { ImpError } from "../base/errors.ts";
import { errnoNumber, errnoText } from "../libc/calling/errno.ts";
import { readSome } from "../libc/descriptors/files.ts";
import { readJson, writeJson } from "./book.ts";

/** So long a program waits for room on the disk, or for a reader; then output is dropped and counted. */
export const LOSS_PATIENCE_MS = 1000;

/** What could not be written, and was not kept. */
export interface LossCount {
  readonly bytes: number;
  /** Line breaks among them. */
  readonly lines: number;
  /** The errno of the first write that failed. */
  readonly errno: number;
}

/** The losses of one log. Their count outlives the process that has counted, where its own file can be written. */
export class Losses {
  private count: LossCount | undefined;
  private since: number | undefined;
  private errno = 0;

  constructor(private readonly directory: string, private readonly name: string) {
    const old = readJson(`${directory}/${name}`) as unknown as LossCount | undefined;
    if (old && old.bytes > 0) this.count = old;
  }

  /** A write has failed. @returns whether what comes is to be dropped now */
  failed(errno: number, now: number): boolean {
    this.since ??= now;
    this.errno = errno;
    return now - this.since >= LOSS_PATIENCE_MS;
  }

  /** A write has succeeded. */
  succeeded(): void {
    this.since = undefined;
  }

  /** Whether writing fails at the moment. */
  get stuck(): boolean {
    return this.since !== undefined;
  }

  /** Takes everything out of a pipe. */
  drop(pipe: number): void {
    let { bytes, lines } = this.count ?? { bytes: 0, lines: 0 };
    const before = bytes;
    for (let i = 0; i < MOST_READS; i++) {
      const part = readSome(pipe);
      if (typeof part === "number" || part.length === 0) break;
      bytes += part.length;
      for (const byte of part) if (byte === NEWLINE) lines++;
    }
    if (bytes === before) return;
    this.count = { bytes, lines, errno: this.count?.errno ?? this.errno };
    this.save(this.count);
  }

  /** The line that is to be written before anything else; undefined when nothing was lost. */
  get notice(): string | undefined {
    if (this.count === undefined) return undefined;
    const { bytes, lines, errno } = this.count;
    return `imp: ${lines} lines (${bytes} bytes) of output were lost: ${errnoText(errno)}`;
  }

  /** The notice is written. */
  told(): void {
    this.count = undefined;
    this.save({ bytes: 0, lines: 0, errno: 0 });
  }

  private save(count: LossCount): void {
    try {
      writeJson(this.directory, this.name, count);
    } catch {
      // It is counted here.
    }
  }
}

/** What `work` returns: 0 or an errno, also where it throws that of a system call. */
export function errnoOf(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (error instanceof ImpError && error.errno) return errnoNumber(error.errno);
    throw error;
  }
}

const NEWLINE = 10;
/** A program that writes faster than this reads must not hold up everything else. */
const MOST_READS = 16;
