import { EAGAIN, F_SETFL, F_SETPIPE_SZ, O_NONBLOCK, POLLOUT } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { errno, systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { allocateForGood, type Block } from "../../libc/calling/memory.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { openPipe } from "../../libc/descriptors/pipe.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { transfer } from "../../libc/descriptors/spool.ts";

const c = libc("fcntl", "write");
/** Fewer iterations than with the usual 64 KiB; if the user's limit is reached, it stays as it is. */
const PIPE_BYTES = 1 << 20;
/** One fast reader must not starve the others. */
const MOST_AT_ONCE = 1 << 23;

/** What a job is still to get. */
export interface Feed {
  /** imp's end of its pipe. */
  readonly own: number;
  readonly header: Uint8Array;
  /** Header bytes already given. */
  given: number;
  /** The offset of the rest in the file. */
  at: number;
  readonly to: number;
}

/** Jobs' pipes, filled from a file by the kernel: sendfile(2) to a pipe passes on pages of the file. */
export class PartFeeder {
  private readonly epoll = new Epoll();
  private readonly feeds = new Map<number, Feed>();
  /** Readable when a job can take more. */
  readonly fd = this.epoll.fd;

  constructor(private readonly file: number, private readonly path: string) {}

  /**
   * @returns the job's end, which the caller closes, and the argument for {@link drop}
   * @throws ImpError (EMFILE)
   */
  open(header: Uint8Array, from: number, to: number): [jobEnd: number, feed: Feed] {
    const [jobEnd, own] = openPipe(FLOOR.job);
    c.fcntl(own, F_SETFL, O_NONBLOCK);
    c.fcntl(own, F_SETPIPE_SZ, PIPE_BYTES);
    const feed = { own, header, given: 0, at: from, to };
    this.feeds.set(own, feed);
    this.epoll.add(own, POLLOUT);
    return [jobEnd, feed];
  }

  /** The job gets no more. The descriptor's number may have been reused. */
  drop(feed: Feed): void {
    if (this.feeds.get(feed.own) !== feed) return;
    this.feeds.delete(feed.own);
    this.epoll.remove(feed.own);
    closeFile(feed.own);
  }

  /** Gives more to jobs that can take it. @throws ImpError if the file cannot be read, or has become shorter */
  feed(): void {
    for (const own of this.epoll.ready()) {
      const feed = this.feeds.get(own);
      if (feed && this.give(feed)) this.drop(feed);
    }
  }

  /** @returns whether that was all, or there is no reader */
  private give(feed: Feed): boolean {
    const { own } = feed;
    const stop = feed.at + MOST_AT_ONCE;
    for (;;) {
      if (feed.given < feed.header.length) {
        const n = writeHeader(own, feed.header.subarray(feed.given));
        // A reader that has seen enough is not a failure: EPIPE.
        if (n < 0) return n !== -EAGAIN;
        feed.given += n;
        continue;
      }
      if (feed.at >= feed.to) return true;
      if (feed.at >= stop) return false;
      const n = transfer(own, this.file, feed.at, Math.min(feed.to, stop) - feed.at);
      if (n === -EAGAIN) return false;
      if (n === 0) throw this.shorter(feed);
      if (n < 0) return this.judge(-n);
      feed.at += n;
    }
  }

  private judge(code: number): boolean {
    const error = systemError(code, "read", this.path);
    if (error.errno === "EPIPE") return true;
    throw error;
  }

  private shorter({ at }: Feed): ImpError {
    const why = `it has become shorter than ${at + 1} bytes while it was read`;
    return new ImpError({ action: "read", object: this.path, why });
  }
}

let block: Block | undefined;

/** @returns how many bytes were written; -errno */
function writeHeader(fd: number, header: Uint8Array): number {
  block ??= allocateForGood(4096);
  const part = header.subarray(0, block.bytes.length);
  block.bytes.set(part);
  const n = c.write(fd, block.address, part.length);
  return n < 0 ? -errno() : n;
}
