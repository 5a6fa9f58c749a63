import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { EINTR, O_RDONLY } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { errno, systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp, openFile } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { allocateForGood, type Block } from "../../libc/calling/memory.ts";
import { createMemoryFile, readAt } from "../../libc/descriptors/spool.ts";
import { beginHash, continueHash, EMPTY } from "../bytes.ts";
import { inputError } from "../output/io_errors.ts";
import type { RecordCuts } from "./record_cuts.ts";
import { headerLength, type HeaderRule } from "./stream_header.ts";
import type { JobSource } from "../settings.ts";
import { type Job, type JobInput, NO_ITEMS } from "../types.ts";

const c = libc("read", "write");
/** Room for reading beyond a whole block. */
const SLACK = 1 << 16;
/** Buffer size for blocks with a number of records. */
const USUAL = 1 << 20;
/** A record without end must not fill memory. */
const LONGEST = 1 << 30;

const NO_HEADER = { bytes: EMPTY, address: 0 };

/** How a stream is cut. */
export interface BlockRule {
  readonly cuts: RecordCuts;
  /** Each job also gets the header. */
  readonly header?: HeaderRule;
  /** Bytes per block, up to record boundaries; Infinity if it has a number of records. */
  readonly size: number;
  /** Records per block; Infinity if it has a size. */
  readonly records: number;
  /** Blocks are identified by content, for a job log. */
  readonly digests: boolean;
}

/**
 * Jobs that each get a part of one stream, cut between records. A block goes from its read buffer to a file in memory,
 * which is the job's stdin: it needs no feeding and can be read again. A block longer than the buffer goes there in
 * parts.
 */
export class BlockJobs implements JobSource {
  private readonly buffer: Block;
  /** The beginning of the block being cut, if longer than the buffer. */
  private spilled: MemoryInput | undefined;
  private start = 0;
  private filled = 0;
  /** The block being cut has no cut before this. */
  private looked = 0;
  private found = 0;
  private finished = false;
  private header: Pick<Block, "bytes" | "address"> | undefined;
  private seq = 0;
  private skipped = 0;

  /** @param skip whether to leave a job out: it is done already */
  constructor(
    readonly fd: number,
    private readonly name: string,
    private readonly rule: BlockRule,
    private readonly skip: (job: Job) => boolean,
  ) {
    const { size, cuts: { endMost, startMost } } = rule;
    const room = (size === Infinity ? USUAL : size) + SLACK + 2 * (endMost + startMost);
    this.buffer = allocateForGood(room);
    if (!rule.header) this.header = NO_HEADER;
  }

  get ended(): boolean {
    return this.finished && this.start === this.filled && !this.spilled;
  }

  get total(): number | undefined {
    return this.ended ? this.seq - this.skipped : undefined;
  }

  next(): Job | undefined {
    if (!this.header && !this.takeHeader(this.rule.header!)) return undefined;
    for (let cut = this.cut(); cut > 0; cut = this.cut()) {
      const input = this.inputTo(cut);
      const job = { seq: ++this.seq, items: NO_ITEMS, input };
      const skipped = this.skip(job);
      const { bytes, address } = this.buffer;
      if (!skipped) input.fill(bytes.subarray(this.start, cut), address + this.start);
      else input.release();
      this.start = this.looked = cut;
      this.found = 0;
      this.spilled = undefined;
      if (!skipped) return job;
      this.skipped++;
    }
    return undefined;
  }

  /** @returns whether it is complete */
  private takeHeader(rule: HeaderRule): boolean {
    const { bytes } = this.buffer;
    const { filled, finished } = this;
    const room = bytes.length - filled >= SLACK;
    const length = headerLength(rule, bytes.subarray(0, filled), room, finished);
    if (length === undefined) {
      if (!room) throw this.tooLong("the header", bytes.length);
      return false;
    }
    if (length === 0) this.header = NO_HEADER;
    else {
      this.header = allocateForGood(length);
      this.header.bytes.set(bytes.subarray(0, length));
    }
    this.start = this.looked = length;
    return true;
  }

  private newInput(): MemoryInput {
    const input = new MemoryInput();
    const { bytes, address } = this.header ?? NO_HEADER;
    if (bytes.length > 0) input.fill(bytes, address);
    input.size = bytes.length;
    return input;
  }

  private inputTo(cut: number): MemoryInput {
    const rest = this.buffer.bytes.subarray(this.start, cut);
    const input = this.spilled ?? this.newInput();
    input.size += rest.length;
    if (this.rule.digests) input.digest = input.digestWith(rest);
    return input;
  }

  read(): void {
    this.makeRoom();
    this.rule.cuts.changed();
    const { address, bytes } = this.buffer;
    for (;;) {
      const n = c.read(this.fd, address + this.filled, bytes.length - this.filled);
      if (n > 0) this.filled += n;
      else if (n === 0) this.finished = true;
      else {
        const code = errno();
        if (code === EINTR) continue;
        throw inputError(code, this.name);
      }
      return;
    }
  }

  /** Where the next block ends; 0 if more must be read first, or nothing is left. */
  private cut(): number {
    const { records, size, cuts } = this.rule;
    const { start, filled, spilled, finished: final } = this;
    if (start === filled && !spilled) return 0;
    const bytes = this.buffer.bytes;
    const range = { begin: start, from: this.looked, to: filled, limit: filled, final };
    if (records < Infinity) return this.cutByRecords(bytes, records);
    if (!spilled) {
      if (filled - start < size + cuts.startMost && !final) return 0;
      if (filled - start <= size && final) return filled;
      const last = cuts.last(bytes, { ...range, from: start, to: start + size });
      if (last > 0) return last;
    }
    // A record longer than a block is a block of its own.
    const from = spilled ? this.looked : Math.max(this.looked, start + size);
    const first = cuts.first(bytes, { ...range, from });
    if (first > 0) return first;
    this.looked = Math.max(this.looked, filled - cuts.startMost);
    return final ? filled : 0;
  }

  private cutByRecords(bytes: Uint8Array, records: number): number {
    const { cuts } = this.rule;
    const { filled, finished: final } = this;
    while (this.found < records) {
      const range = { begin: this.start, from: this.looked, to: filled, limit: filled, final };
      const cut = cuts.first(bytes, range);
      if (cut < 0) {
        this.looked = Math.max(this.looked, filled - cuts.startMost);
        return final ? filled : 0;
      }
      this.looked = cut;
      this.found++;
    }
    return this.looked;
  }

  /**
   * Moves the rest of the last block to the front; if the whole buffer is less than one, most of it goes to its file.
   */
  private makeRoom(): void {
    const { bytes } = this.buffer;
    if (bytes.length - this.filled >= SLACK) return;
    if (this.start === 0) this.spill();
    bytes.copyWithin(0, this.start, this.filled);
    this.looked -= this.start;
    this.filled -= this.start;
    this.start = 0;
  }

  /** Keeps the part in which a cut may still be found. */
  private spill(): void {
    const { endMost, startMost } = this.rule.cuts;
    const keep = Math.max(0, Math.min(this.looked, this.filled - startMost) - endMost);
    const { bytes, address } = this.buffer;
    const input = this.spilled ??= this.newInput();
    if (input.size + keep >= LONGEST) throw this.tooLong("a record", LONGEST);
    input.fill(bytes.subarray(0, keep), address);
    input.size += keep;
    this.start = keep;
  }

  private tooLong(what: string, most: number): ImpError {
    return new ImpError({
      action: "split",
      object: this.name,
      why: `${what} is longer than ${most} bytes`,
      hint: "say what ends a record: --recend, --recstart, -0, -d C",
    });
  }
}

/** A block in a file in memory. */
class MemoryInput implements JobInput {
  private fd = -1;
  size = 0;
  digest = "";

  /** Appends bytes to the file. @param address theirs */
  fill({ length }: Uint8Array, address: number): void {
    if (this.fd < 0) this.fd = moveUp(createMemoryFile(), FLOOR.job);
    for (let done = 0; done < length;) {
      const n = c.write(this.fd, address + done, length - done);
      if (n >= 0) done += n;
      else {
        const code = errno();
        if (code !== EINTR) throw systemError(code, "write to", "a file in memory");
      }
    }
  }

  /** The block's identity, with `rest` following what is in the file; `size` includes it already. */
  digestWith(rest: Uint8Array): string {
    const halves = new Int32Array(2);
    beginHash(this.size, halves);
    for (let at = 0; at < this.size - rest.length;) {
      const part = readAt(this.fd, at, SLACK);
      if (typeof part === "number") throw systemError(-part, "read", "a file in memory");
      continueHash(part, halves);
      at += part.length;
    }
    continueHash(rest, halves);
    return [...halves].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  open(): number {
    // A separate open file: the next attempt starts at the beginning, however much the one before has read.
    return moveUp(openFile(`/proc/self/fd/${this.fd}`, O_RDONLY), FLOOR.job);
  }

  release(): void {
    if (this.fd >= 0) closeFile(this.fd);
    this.fd = -1;
  }
}
