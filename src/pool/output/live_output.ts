import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { F_SETFL, O_NONBLOCK, POLLIN } from "../../libc/abi.ts";
import { closeFile, readSome } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { openPipe } from "../../libc/descriptors/pipe.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import { concat, EMPTY } from "../bytes.ts";
import type { OutputWriter, Whole } from "./writer.ts";

const c = libc("fcntl");
const NEWLINE = 10;
/** More than a pipe holds: a job that keeps writing must not keep imp reading. */
const MOST_READS = 32;

/** One stream of a running job, read line by line. */
interface Live {
  readonly target: 1 | 2;
  readonly tag: Uint8Array;
  readonly whole: Whole;
  /** The incomplete last line. */
  rest: Uint8Array;
}

/** The pipes of one job. */
export interface LivePipes {
  readonly out: number;
  readonly err: number;
  /** All its output on both. */
  readonly whole: Whole;
  /** The job's ends; close them once it has them. */
  readonly jobEnds: readonly [out: number, err: number];
}

/** Passes on running jobs' output as it comes, by whole lines for `--line-buffer`. */
export class LiveOutput {
  private readonly epoll = new Epoll();
  private readonly streams = new Map<number, Live>();
  /** Readable when a job has written something. */
  readonly fd = this.epoll.fd;

  /** @param byLines otherwise output is passed on as it comes */
  constructor(
    private readonly writer: Pick<OutputWriter, "push">,
    private readonly byLines = true,
  ) {}

  /** @throws ImpError (EMFILE); then no descriptor stays open */
  open(tag: Uint8Array | undefined): LivePipes {
    const whole = { begun: false, complete: false };
    const [out, outEnd] = this.pipe(1, whole, tag);
    try {
      const [err, errEnd] = this.pipe(2, whole, tag);
      return { out, err, whole, jobEnds: [outEnd, errEnd] };
    } catch (error) {
      this.forget(out);
      closeFile(out);
      closeFile(outEnd);
      throw error;
    }
  }

  /** Reads what has come. Does not read while readers are slow, so that jobs have to wait too. */
  read(): void {
    for (const fd of this.epoll.ready()) this.readOnce(fd);
  }

  /**
   * The job has ended: passes on its last output, even without a newline. What other processes still write is not its
   * output.
   */
  close({ out, err }: LivePipes): void {
    for (const fd of [out, err]) {
      for (let reads = 0; reads < MOST_READS && this.readOnce(fd); reads++);
      const live = this.streams.get(fd);
      if (live && live.rest.length > 0) this.push(live, live.rest);
      this.forget(fd);
      closeFile(fd);
    }
  }

  private pipe(
    target: 1 | 2,
    whole: Whole,
    tag: Uint8Array = EMPTY,
  ): [readEnd: number, writeEnd: number] {
    const [readEnd, writeEnd] = openPipe(FLOOR.job);
    c.fcntl(readEnd, F_SETFL, O_NONBLOCK);
    this.streams.set(readEnd, { target, tag, whole, rest: EMPTY });
    this.epoll.add(readEnd, POLLIN);
    return [readEnd, writeEnd];
  }

  /** @returns whether there may be more */
  private readOnce(fd: number): boolean {
    const live = this.streams.get(fd);
    const chunk = live ? readSome(fd) : EMPTY;
    if (!live || typeof chunk === "number") return false;
    if (chunk.length === 0) {
      // All writers have closed it; it would always be ready.
      this.epoll.remove(fd);
      return false;
    }
    const newline = this.byLines ? chunk.lastIndexOf(NEWLINE) : chunk.length - 1;
    if (newline < 0) {
      live.rest = concat([live.rest, chunk]);
      return true;
    }
    this.push(live, concat([live.rest, chunk.subarray(0, newline + 1)]));
    live.rest = chunk.slice(newline + 1);
    return true;
  }

  private push({ target, tag, whole }: Live, lines: Uint8Array): void {
    this.writer.push({ target, bytes: tag.length > 0 ? tagged(lines, tag) : lines, of: whole });
  }

  private forget(fd: number): void {
    this.epoll.remove(fd);
    this.streams.delete(fd);
  }
}

function tagged(lines: Uint8Array, tag: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < lines.length;) {
    const newline = lines.indexOf(NEWLINE, from);
    const end = newline < 0 ? lines.length : newline + 1;
    parts.push(tag, lines.subarray(from, end));
    from = end;
  }
  return concat(parts);
}
