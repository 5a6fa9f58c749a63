import { O_RDONLY } from "../../libc/abi.ts";
import { closeFile, moveUp, openFile, writeAll } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { createMemoryFile } from "../../libc/descriptors/spool.ts";
import type { Item, Job, JobInput } from "../../pool/types.ts";
import type { JobOrder } from "../job_frames.ts";

/** A job that a client has sent. */
export class WorkerJob implements Job {
  readonly input: ReceivedInput | undefined;
  /** What it is to read has come. */
  private hasInput: boolean;
  /** Its files are still coming. */
  needsFiles = false;
  /** The client does not want it any more. */
  isCancelled = false;

  /** @param id its number in frames */
  constructor(readonly id: number, public order: JobOrder) {
    this.input = order.hasInput ? new ReceivedInput() : undefined;
    this.hasInput = !order.hasInput;
  }

  /** It is not started before. */
  get isReady(): boolean {
    return this.hasInput && !this.needsFiles;
  }

  /** Its files are there, and it runs where they are. */
  hasFiles(dir: string): void {
    this.needsFiles = false;
    this.order = { ...this.order, more: { ...this.order.more, dir } };
  }

  /** Its words: all that a record is. */
  get items(): Item {
    return { fields: this.order.words };
  }

  get seq(): number {
    return this.order.seq;
  }

  /** All that it is to read has come. */
  hasAll(): void {
    this.hasInput = true;
  }
}

/** What a job is to read, as it comes: in a file in memory, which nobody has to feed. */
class ReceivedInput implements JobInput {
  private fd = -1;
  size = 0;
  readonly digest = "";

  /** @throws ImpError */
  add(bytes: Uint8Array): void {
    if (this.fd < 0) this.fd = moveUp(createMemoryFile(), FLOOR.job);
    writeAll(this.fd, bytes, "a file in memory");
    this.size += bytes.length;
  }

  open(): number {
    if (this.fd < 0) return moveUp(openFile("/dev/null", O_RDONLY), FLOOR.job);
    return moveUp(openFile(`/proc/self/fd/${this.fd}`, O_RDONLY), FLOOR.job);
  }

  release(): void {
    if (this.fd >= 0) closeFile(this.fd);
    this.fd = -1;
  }
}
