import { readSome } from "../../libc/descriptors/files.ts";
import { join } from "../bytes.ts";
import type { Records, Splitter } from "./input.ts";
import { inputError } from "../output/io_errors.ts";
import type { ItemStream, TakenItem } from "./items.ts";
import type { Packer } from "./packer.ts";
import type { JobSource } from "../settings.ts";
import type { Item, Job } from "../types.ts";
import { releaseProgramText } from "../../libc/processes/program_text.ts";
import { runtime } from "../../runtime/mod.ts";

/** A source read from a descriptor; undefined for command line words. */
export interface Input {
  readonly fd: number;
  /** For errors. */
  readonly name: string;
  readonly records: Splitter;
}

/** Jobs made from items, which are read only as far ahead as jobs are wanted. */
export class ItemJobs implements JobSource {
  private seq = 0;
  private skipped = 0;
  /** The input has ended. */
  private ending = false;
  private done = false;
  private readonly tidy = new Tidy();
  private waitingFor: Input | undefined;

  /**
   * @param inputs by source number
   * @param packer undefined if each job has one item
   * @param skip whether to leave a job out: it is done already
   */
  constructor(
    private readonly items: ItemStream,
    private readonly inputs: readonly (Input | undefined)[],
    private readonly packer: Packer | undefined,
    private readonly skip?: (job: Job) => boolean,
  ) {}

  get ended(): boolean {
    return this.done;
  }

  /** The descriptor that the next item waits for. */
  get fd(): number {
    return this.waitingFor?.fd ?? -1;
  }

  get total(): number | undefined {
    const all = this.allJobs;
    return all === undefined ? undefined : all - this.skipped;
  }

  /** The number of jobs, done already or not, once known. */
  get allJobs(): number | undefined {
    const { count } = this.items;
    if (this.done) return this.seq;
    return count === undefined || !this.packer ? count : this.packer.jobsOf(count);
  }

  next(): Job | undefined {
    for (let job = this.pack(); job; job = this.pack()) {
      if (!this.skip?.(job)) return job;
      this.skipped++;
    }
    return undefined;
  }

  read(): void {
    const input = this.waitingFor;
    if (input) this.tidy.read(readInto(input));
  }

  private pack(): Job | undefined {
    while (!this.done) {
      if (this.ending) return this.last();
      const taken = this.items.take();
      if (typeof taken === "number") {
        this.waitingFor = this.inputs[taken];
        return undefined;
      }
      this.waitingFor = undefined;
      if (taken === "end") {
        this.ending = true;
        return this.last();
      }
      const job = this.job(this.packer ? this.packer.add(taken) : taken);
      if (job) return job;
    }
    return undefined;
  }

  private last(): Job | undefined {
    const job = this.job(this.packer?.end());
    this.done = this.packer?.isEmpty ?? true;
    return job;
  }

  private job(items: Item | undefined): Job | undefined {
    return items && { seq: ++this.seq, items };
  }
}

const SPACE = 0x20;

/** The fields of a job's items, with a space between them. */
export function textOf({ items: { fields } }: Job): Uint8Array {
  return fields.length === 1 ? fields[0] : join(fields, SPACE);
}

/** Bytes of those fields. */
export function sizeOfRecord({ items }: Job): number {
  let size = 0;
  for (const { length } of items.fields) size += length;
  return size;
}

/** The first record of a source, which then no longer counts. @returns undefined if there is none */
export function firstRecord(records: Records, input: Input | undefined): Uint8Array | undefined {
  for (;;) {
    const record = records.take();
    if (typeof record !== "string") {
      if (input?.records.count !== undefined) input.records.count--;
      return record;
    }
    if (record === "end" || !input) return undefined;
    readInto(input);
  }
}

function readInto({ fd, name, records }: Input): number {
  const chunk = readSome(fd);
  if (typeof chunk === "number") throw inputError(-chunk, name);
  if (chunk.length === 0) records.finish();
  else records.push(chunk);
  return chunk.length;
}

/** One source's records, each an item. */
export class SingleItems implements ItemStream {
  constructor(private readonly records: Records) {}

  get count(): number | undefined {
    return this.records.count;
  }

  take(): TakenItem {
    const record = this.records.take();
    return record === "end" ? record : record === "wait" ? 0 : { fields: [record] };
  }
}

/** JavaScriptCore would let garbage grow to 30 MB before collecting. A record costs some hundred bytes for a moment. */
const COLLECT_EVERY = 1 << 17;
/** Memory that only the start needed is still in use, and compiling the hot code needs some of it again. */
const RELEASES: ReadonlySet<number> = new Set([1 << 16, 1 << 19]);

/** Keeps a pool that reads much as small as one that reads little. */
class Tidy {
  private all = 0;

  /** @param bytes of input just read */
  read(bytes: number): void {
    const before = this.all;
    this.all += bytes;
    for (const at of RELEASES) if (before < at && this.all >= at) releaseProgramText();
    if (Math.floor(before / COLLECT_EVERY) < Math.floor(this.all / COLLECT_EVERY)) {
      runtime.collectGarbage();
    }
  }
}
