import { ImpError } from "../../base/errors.ts";
import { libc } from "../../libc/calling/load.ts";
import { O_NONBLOCK, O_RDONLY, SEEK_END } from "../../libc/abi.ts";
import { errno, systemError } from "../../libc/calling/errno.ts";
import { moveUp, openFile } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import type { BlockRule } from "./block_jobs.ts";
import { concat, EMPTY } from "../bytes.ts";
import { type Feed, PartFeeder } from "./part_feeder.ts";
import type { JobSource } from "../settings.ts";
import { headerLength, type HeaderRule } from "./stream_header.ts";
import { type Job, type JobInput, NO_ITEMS } from "../types.ts";

const c = libc("lseek");
/** How much of the file is searched for a cut at a time, and for a header in all. */
const PIECE = 1 << 16;
const LONGEST_HEADER = 1 << 20;

/**
 * Jobs that each get a part of one file, cut between records: only the surroundings of cuts are read, and the kernel
 * moves the parts into the jobs' pipes. A part is at least as long as a block.
 */
export class PartJobs implements JobSource {
  readonly fd = -1;
  readonly feeder: PartFeeder;
  private readonly file: number;
  private readonly size: number;
  private readonly modified: number;
  private readonly header: Uint8Array;
  private at: number;
  private seq = 0;
  private skipped = 0;

  /** @throws ImpError if it is not seekable */
  constructor(
    private readonly path: string,
    private readonly rule: BlockRule,
    private readonly skip: (job: Job) => boolean,
  ) {
    // Opening a FIFO would block.
    this.file = moveUp(openFile(path, O_RDONLY | O_NONBLOCK), FLOOR.job);
    const { kind, modified } = statFd(this.file);
    if (kind !== "file" && kind !== "block") {
      throw new ImpError({
        action: "split",
        object: path,
        why: `it is not a file that can be read at any place (${kind})`,
        hint: "--pipe splits what can only be read from its beginning",
      });
    }
    this.size = c.lseek(this.file, 0, SEEK_END);
    if (this.size < 0) throw systemError(errno(), "find the size of", path);
    this.modified = modified;
    this.header = rule.header ? this.readHeader(rule.header) : EMPTY;
    this.at = this.header.length;
    this.feeder = new PartFeeder(this.file, path);
  }

  get ended(): boolean {
    return this.at >= this.size;
  }

  get total(): number | undefined {
    return this.ended ? this.seq - this.skipped : undefined;
  }

  read(): void {}

  next(): Job | undefined {
    while (!this.ended) {
      const from = this.at;
      const to = this.cutBehind(from + this.rule.size);
      this.at = to;
      const job = { seq: ++this.seq, items: NO_ITEMS, input: this.inputFor(from, to) };
      if (!this.skip(job)) return job;
      this.skipped++;
    }
    return undefined;
  }

  private inputFor(from: number, to: number): JobInput {
    const { feeder, header, modified } = this;
    let feed: Feed | undefined;
    const drop = () => feed && feeder.drop(feed);
    return {
      size: header.length + to - from,
      // Its content is never read here.
      digest: `from ${from}, of ${this.size} changed at ${modified}`,
      open() {
        drop();
        const [end, made] = feeder.open(header, from, to);
        feed = made;
        return end;
      },
      release: () => void drop(),
    };
  }

  /** The first record boundary at or after `least`. */
  private cutBehind(least: number): number {
    const { cuts } = this.rule;
    if (least >= this.size) return this.size;
    // A record's start may be right there; a record's end belongs to what comes before it.
    const base = cuts.endMost === 0 ? least - 1 : least;
    let bytes: Uint8Array = EMPTY;
    for (let from = 0;;) {
      const piece = this.pieceAt(base + bytes.length);
      bytes = concat([bytes, piece]);
      cuts.changed();
      const final = base + bytes.length >= this.size;
      const range = { begin: 0, from, to: bytes.length, limit: bytes.length, final };
      const cut = cuts.first(bytes, range);
      if (cut >= 0) return base + cut;
      if (final || piece.length === 0) return this.size;
      from = Math.max(from, bytes.length - cuts.startMost);
    }
  }

  private readHeader(rule: HeaderRule): Uint8Array {
    for (let bytes: Uint8Array = EMPTY;;) {
      const piece = this.pieceAt(bytes.length);
      bytes = concat([bytes, piece]);
      const room = bytes.length < LONGEST_HEADER;
      const length = headerLength(rule, bytes, room, piece.length === 0);
      if (length !== undefined) return bytes.slice(0, length);
      if (room) continue;
      const why = `the header is longer than ${LONGEST_HEADER} bytes`;
      throw new ImpError({ action: "split", object: this.path, why });
    }
  }

  private pieceAt(position: number): Uint8Array {
    const piece = readAt(this.file, position, PIECE);
    if (typeof piece === "number") throw systemError(-piece, "read", this.path);
    return piece;
  }
}
