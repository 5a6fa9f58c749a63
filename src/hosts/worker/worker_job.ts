import { O_RDONLY } from "../../libc/abi.ts";
import { closeFile, moveUp, openFile, writeAll } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { createMemoryFile } from "../../libc/descriptors/spool.ts";
import type { Item, Job, JobInput } from "../../pool/types.ts";
import type { JobOrder } from "../job_frames.ts";

/** A job sent by a client. */
export class WorkerJob implements Job {
  readonly input: ReceivedInput | undefined;
  /** Its input has arrived. */
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

  /** Whether it may be started. */
  get isReady(): boolean {
    return this.hasInput && !this.needsFiles;
  }

  /** Its files have arrived, and it runs where they are. */
  hasFiles(dir: string): void {
    this.needsFiles = false;
    this.order = { ...this.order, more: { ...this.order.more, dir } };
  }

  /** Its words, which is all that a record has. */
  get items(): Item {
    return { fields: this.order.words };
  }

  get seq(): number {
    return this.order.seq;
  }

  /** All its input has arrived. */
  hasAll(): void {
    this.hasInput = true;
  }
}

/** A job's input as it arrives: in a file in memory, which needs no feeding. */
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
