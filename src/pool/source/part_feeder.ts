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
/** Fewer turns than with the usual 64 KiB; where a user has no more, it stays as it is. */
const PIPE_BYTES = 1 << 20;
/** One job that reads fast must not keep imp from others. */
const MOST_AT_ONCE = 1 << 23;

/** What one job still gets. */
export interface Feed {
  /** The end of its pipe that is imp's. */
  readonly own: number;
  readonly header: Uint8Array;
  /** Bytes of the header that it has. */
  given: number;
  /** Where in the file the rest begins. */
  at: number;
  readonly to: number;
}

/** Pipes of jobs that the kernel fills from a file: sendfile(2) to a pipe passes on pages of the file. */
export class PartFeeder {
  private readonly epoll = new Epoll();
  private readonly feeds = new Map<number, Feed>();
  /** Readable when a job can take more. */
  readonly fd = this.epoll.fd;

  constructor(private readonly file: number, private readonly path: string) {}

  /**
   * @returns the end that the job gets, which is the caller's to close, and what is given to {@link drop}
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

  /** The job gets no more. The descriptor may be another one's by now. */
  drop(feed: Feed): void {
    if (this.feeds.get(feed.own) !== feed) return;
    this.feeds.delete(feed.own);
    this.epoll.remove(feed.own);
    closeFile(feed.own);
  }

  /** Gives those more who can take it. @throws ImpError when the file cannot be read, or has become shorter */
  feed(): void {
    for (const own of this.epoll.ready()) {
      const feed = this.feeds.get(own);
      if (feed && this.give(feed)) this.drop(feed);
    }
  }

  /** @returns whether that was all, or nobody reads it */
  private give(feed: Feed): boolean {
    const { own } = feed;
    const stop = feed.at + MOST_AT_ONCE;
    for (;;) {
      if (feed.given < feed.header.length) {
        const n = writeHeader(own, feed.header.subarray(feed.given));
        // A reader that has seen enough is no failure: EPIPE.
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

/** @returns how many bytes went; -errno */
function writeHeader(fd: number, header: Uint8Array): number {
  block ??= allocateForGood(4096);
  const part = header.subarray(0, block.bytes.length);
  block.bytes.set(part);
  const n = c.write(fd, block.address, part.length);
  return n < 0 ? -errno() : n;
}
