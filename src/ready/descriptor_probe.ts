import { POLLIN } from "../libc/abi.ts";
import { closeFile, readSome } from "../libc/descriptors/files.ts";
import { openPipe } from "../libc/descriptors/pipe.ts";
import { PollSet } from "../libc/descriptors/poll.ts";
import type { Probe, Readiness } from "./probe.ts";

const NEWLINE = 10;

/** The program writes a line to a descriptor that it was given: s6's way. */
export class DescriptorProbe implements Probe {
  readonly fd: number;
  readonly descriptors: readonly (readonly [number, number])[];
  private readonly poll = new PollSet(1);
  private ready = false;
  private ended = false;

  constructor(private readonly target: number, lowest: number) {
    const [readEnd, writeEnd] = openPipe(lowest);
    this.fd = readEnd;
    this.descriptors = [[writeEnd, target]];
    this.poll.watch(0, readEnd, POLLIN);
  }

  started(): void {}

  look(): Readiness {
    while (!this.ready && !this.ended && this.poll.wait(0) > 0) {
      const bytes = readSome(this.fd);
      if (typeof bytes === "number" || bytes.length === 0) this.ended = true;
      else if (bytes.includes(NEWLINE)) this.ready = true;
    }
    if (this.ready) return "ready";
    if (!this.ended) return { until: Infinity };
    return { failed: `it closed descriptor ${this.target} without having written a line` };
  }

  close(): void {
    closeFile(this.fd);
  }
}
