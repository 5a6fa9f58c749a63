import { ImpError } from "../../base/errors.ts";
import { errnoNumber, errnoText } from "../../libc/calling/errno.ts";
import { readSome } from "../../libc/descriptors/files.ts";
import { readJson } from "../book.ts";
import { noteInPlace } from "./note_in_place.ts";

/** Where it fails: taking what a program writes, or handing it on. */
export type LossSide = "take" | "hand on";

/** While more is lost, that is told so often. */
const TELL_AGAIN_MS = 10_000;

/** So long a program waits for room on the disk, or for a reader; then output is dropped and counted. */
export const LOSS_PATIENCE_MS = 1000;

/** What could not be written, and was not kept. */
export interface LossCount {
  readonly bytes: number;
  /** Line breaks among them. */
  readonly lines: number;
  /** The errno of the first write that failed. */
  readonly errno: number;
  /** What was cut by that is not ended yet by a line break. */
  readonly cut?: boolean;
}

/** The losses of one log. Their count outlives the process that has counted, on a full disk too. */
export class Losses {
  private count: LossCount | undefined;
  private readonly since = new Map<LossSide, number>();
  private errno = 0;
  private toldAt = -Infinity;
  private cut = false;

  constructor(private readonly directory: string, private readonly name: string) {
    const old = readJson(`${directory}/${name}`) as unknown as LossCount | undefined;
    if (old && old.bytes > 0) this.count = old;
    this.cut = old?.cut === true;
    // The disk may be full when there is something to be noted.
    this.save(this.count ?? NOTHING);
  }

  /** It has failed. @returns whether what comes is to be dropped now */
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
    this.cut = true;
    this.count = { bytes, lines, errno: this.count?.errno ?? this.errno };
    this.save(this.count);
  }

  /** What came before a gap and what comes behind it are not one line: the first is to be ended. */
  get hasCut(): boolean {
    return this.cut;
  }

  /** It is ended. */
  cutEnded(): void {
    this.cut = false;
    this.save(this.count ?? NOTHING);
  }

  /** The line that is to be written before anything else; undefined when nothing was lost, or that can wait. */
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

/** What `work` returns: 0 or an errno, also where it throws that of a system call. */
export function errnoOf(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (error instanceof ImpError && error.errno) return errnoNumber(error.errno);
    throw error;
  }
}

const NOTHING: LossCount = { bytes: 0, lines: 0, errno: 0 };
const NEWLINE = 10;
/** A program that writes faster than this reads must not hold up everything else. */
const MOST_READS = 16;
