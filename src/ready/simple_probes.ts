import { statPath } from "../libc/descriptors/stat.ts";
import { type Probe, ProbePauses, type Readiness } from "./probe.ts";

export class DelayProbe implements Probe {
  private due = Infinity;

  constructor(private readonly ms: number) {}

  started(_pid: number, now: number): void {
    this.due = now + this.ms;
  }

  look(now: number): Readiness {
    return now >= this.due ? "ready" : { until: this.due };
  }

  close(): void {}
}

/** What an earlier run has left does not count: the file must be new, or have changed. */
export class FileProbe implements Probe {
  private readonly pauses = new ProbePauses();
  private readonly before: string;

  constructor(private readonly path: string) {
    this.before = mark(path);
  }

  started(): void {}

  look(now: number): Readiness {
    const seen = mark(this.path);
    return seen !== "" && seen !== this.before ? "ready" : this.pauses.next(now);
  }

  close(): void {}
}

export class LogProbe implements Probe {
  private seen = false;

  constructor(private readonly pattern: RegExp) {}

  started(): void {}

  heard(line: string): void {
    if (this.pattern.test(line)) this.seen = true;
  }

  look(): Readiness {
    return this.seen ? "ready" : { until: Infinity };
  }

  close(): void {}
}

/** Tells one state of a file from another; empty when there is none. */
function mark(path: string): string {
  const status = statPath(path);
  if (typeof status === "string") return "";
  return [status.device, status.inode, status.size, status.modified].join(" ");
}
