import { ImpError } from "../../base/errors.ts";
import { errnoNumber, errnoText } from "../../libc/calling/errno.ts";
import { readSome } from "../../libc/descriptors/files.ts";
import { readJson } from "../book.ts";
import { noteInPlace } from "./note_in_place.ts";

/** What fails: reading a program's output, or passing it on. */
export type LossSide = "take" | "hand on";

/** The interval of notices while more is lost. */
const TELL_AGAIN_MS = 10_000;

/** How long a program waits for room on the disk, or for a reader; then output is dropped and counted. */
export const LOSS_PATIENCE_MS = 1000;

/** Lost output. */
export interface LossCount {
  readonly bytes: number;
  /** Line breaks in it. */
  readonly lines: number;
  /** The errno of the first failed write. */
  readonly errno: number;
  /** The line that was cut off is not terminated yet. */
  readonly cut?: boolean;
}

/** The losses of one log. Their count survives the counting process, even on a full disk. */
export class Losses {
  private count: LossCount | undefined;
  private readonly since = new Map<LossSide, number>();
  private errno = 0;
  private toldAt = -Infinity;
  private cut = false;

  constructor(private readonly directory: string, private readonly name: string) {
    const old = readJson(`${directory}/${name}`);
    if (old && isLossCount(old) && old.bytes > 0) this.count = old;
    this.cut = old?.cut === true;
    // The disk may be full when there is something to record.
    this.save(this.count ?? NOTHING);
  }

  /** It has failed. @returns whether to drop new output now */
  failed(errno: number, now: number, side: LossSide = "hand on"): boolean {
    const since = this.since.get(side) ?? now;
    this.since.set(side, since);
    this.errno = errno;
    return now - since >= LOSS_PATIENCE_MS;
  }

  /** It has succeeded. */
  succeeded(side: LossSide = "hand on"): void {
    this.since.delete(side);
  }

  /** Discards everything in a pipe. */
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
    this.cut = true;
    this.count = { bytes, lines, errno: this.count?.errno ?? this.errno };
    this.save(this.count);
  }

  /** Text before and after a gap is not one line: the first part must be terminated. */
  get hasCut(): boolean {
    return this.cut;
  }

  /** It is terminated. */
  cutEnded(): void {
    this.cut = false;
    this.save(this.count ?? NOTHING);
  }

  /** The line to write before anything else; undefined if nothing was lost, or it can wait. */
  notice(now: number): string | undefined {
    if (this.count === undefined) return undefined;
    if (this.since.has("take") && now - this.toldAt < TELL_AGAIN_MS) return undefined;
    const { bytes, lines, errno } = this.count;
    return `imp: ${lines} lines (${bytes} bytes) of output were lost: ${errnoText(errno)}`;
  }

  /** The notice is written. */
  told(now: number): void {
    this.count = undefined;
    this.toldAt = now;
    this.save(NOTHING);
  }

  private save(count: LossCount): void {
    try {
      noteInPlace(this.directory, this.name, this.cut ? { ...count, cut: true } : count);
    } catch {
      // It is counted here.
    }
  }
}

/** The result of `work`: 0 or an errno, also if it throws a system call's. */
export function errnoOf(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (error instanceof ImpError && error.errno) return errnoNumber(error.errno);
    throw error;
  }
}

const NOTHING: LossCount = { bytes: 0, lines: 0, errno: 0 };

function isLossCount(record: object): record is LossCount {
  const { bytes, lines, errno }: { [K in keyof LossCount]?: unknown } = record;
  return [bytes, lines, errno].every((one) => typeof one === "number");
}
const NEWLINE = 10;
/** A program that writes faster than this reads must not hold up everything else. */
const MOST_READS = 16;
