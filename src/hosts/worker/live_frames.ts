import type { Outgoing, Whole } from "../../pool/output/writer.ts";
import type { FrameOutput } from "./frame_output.ts";

/** Sends running jobs' output, each under its number. */
export class LiveFrames {
  private readonly jobs = new Map<Whole, number>();

  constructor(private readonly output: FrameOutput) {}

  /** @param whole identifies its output */
  begin(whole: Whole, job: number): void {
    this.jobs.set(whole, job);
  }

  end(whole: Whole): void {
    this.jobs.delete(whole);
  }

  push(sent: Outgoing): void {
    const job = sent.of && this.jobs.get(sent.of);
    if (job !== undefined && "bytes" in sent) this.output.output(job, sent.target, sent.bytes);
  }
}
