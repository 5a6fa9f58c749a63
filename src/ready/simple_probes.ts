import { ImpError } from "../base/errors.ts";
import { workIn } from "../libc/descriptors/directory.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { type Probe, ProbePauses, type Readiness } from "./probe.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { O_RDWR, SIGKILL } from "../libc/abi.ts";
import { errnoName, errnoText } from "../libc/calling/errno.ts";
import { findProgram } from "../libc/processes/program_file.ts";
import { closeFile, moveUp, openFile } from "../libc/descriptors/files.ts";
import { workingDirectory } from "../libc/processes/process.ts";
import { type Bytes, spawn } from "../libc/processes/spawn.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import type { Ending } from "../libc/processes/wait.ts";

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

/** What an earlier run left behind does not count: the file must be new, or have changed. */
export class FileProbe implements Probe {
  private readonly pauses = new ProbePauses();
  private readonly before: string;

  /** @param runsSince when the program was started, if it was: later changes count */
  constructor(private readonly path: string, runsSince = Infinity) {
    const status = statPath(path);
    const changed = typeof status !== "string" && status.modified >= runsSince;
    this.before = changed ? "" : mark(path);
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

/** Tells one state of a file from another; empty if there is none. */
function mark(path: string): string {
  const status = statPath(path);
  if (typeof status === "string") return "";
  return [status.device, status.inode, status.size, status.modified].join(" ");
}

/** A program that exits with 0 if the other one is ready. Only one runs at a time; its output is discarded. */
export class CommandProbe implements Probe {
  private readonly pauses = new ProbePauses();
  private readonly file: string;
  private readonly nothing = moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
  private running = 0;
  private ready = false;
  private next = 0;

  constructor(
    private readonly words: readonly string[],
    private readonly given: readonly Bytes[],
    /** Its working directory; undefined: imp's own. */
    private readonly directory?: string,
  ) {
    this.file = findProgram(words[0], given, workingDirectory());
  }

  started(): void {}

  look(now: number): Readiness {
    if (this.ready) return "ready";
    // Its end wakes the loop.
    if (this.running > 0) return { until: Infinity };
    if (now < this.next) return { until: this.next };
    let pid: number;
    try {
      pid = this.start();
    } catch (error) {
      if (error instanceof ImpError) return { failed: error.message };
      throw error;
    }
    if (pid < 0) {
      return { failed: `cannot start ${this.file}: ${errnoName(-pid)} (${errnoText(-pid)})` };
    }
    this.running = pid;
    this.next = this.pauses.next(now).until;
    return { until: Infinity };
  }

  childEnded(pid: number, ending: Ending): void {
    if (pid !== this.running) return;
    this.running = 0;
    if (ending.how === "exit" && ending.code === 0) this.ready = true;
  }

  /** One still running is killed with its group: nobody needs its answer. Not yet reaped, its PID is its own. */
  close(): void {
    if (this.running > 0) sendSignal(-this.running, SIGKILL);
    closeFile(this.nothing);
  }

  private start(): number {
    const start = () =>
      spawn({
        path: this.file,
        argv: this.words,
        env: this.given,
        newSession: true,
        descriptors: [[this.nothing, 0], [this.nothing, 1], [this.nothing, 2]],
      });
    return this.directory === undefined ? start() : workIn(this.directory, start);
  }
}
