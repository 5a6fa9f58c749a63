import type { Ledger } from "../ledger.ts";
import type { WorkerSettings } from "./settings.ts";
import type { Staff } from "./staff.ts";
import { residentBytes, waitsForMore } from "./stuck.ts";
import type { Worker } from "./worker.ts";

const MEMORY_LOOK_MS = 50;
const SILENT_MS = 1000;
/** Once it is known that the program keeps its answers back. */
const BUFFERED_MS = 50;
/** Before any answer has come, so long a silence is worth a word even where it proves nothing. */
const LONG_SILENCE_MS = 10_000;

const BUFFERING =
  "it waits for more input but owes an answer. A worker answers each record with one line, at once: this program seems to " +
  "keep lines in a buffer.\n  Try python3 -u, stdbuf -oL PROGRAM, sed -u, mawk -W interactive, grep --line-buffered. Until then its " +
  "input is closed to get each answer, which is slow";

/** Looks after the workers: their time, their memory, and whether they have got stuck. */
export class Overseer {
  private memoryDue = 0;
  private orphansEnded = 0;
  private told = false;
  private toldLong = false;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly staff: Staff,
    private readonly ledger: Ledger,
    private readonly retire: (worker: Worker) => void,
  ) {}

  /** When {@link look} wants to be called. */
  due(): number {
    let due = this.staff.trees.due;
    const limit = this.timeLimit();
    for (const worker of this.staff.workers.values()) {
      due = Math.min(due, worker.grace);
      if (worker.ending || (worker.flight.length === 0 && worker.ready)) continue;
      due = Math.min(due, worker.heard + this.silence);
      if (worker.flight.length > 0) due = Math.min(due, worker.since + limit);
    }
    if (this.settings.maxMemory < Infinity && this.staff.workers.size > 0) {
      due = Math.min(due, this.memoryDue);
    }
    return due;
  }

  look(now: number, answered: boolean): void {
    const limit = this.timeLimit();
    for (const worker of this.staff.workers.values()) {
      if (worker.ending) continue;
      if (now >= worker.grace) {
        this.settings.warn(
          `${worker.name} has closed its stdin or stdout but lives on: it is ended`,
        );
        this.end(worker, now);
      } else if (worker.flight.length > 0 && now >= worker.since + limit) {
        this.tooLate(worker, now);
      } else if (now >= worker.heard + this.silence) this.lookAtSilent(worker, now, answered);
    }
    const { processes: { orphansEnded }, trees } = this.staff;
    trees.look(now, orphansEnded !== this.orphansEnded);
    this.orphansEnded = orphansEnded;
    if (this.settings.maxMemory < Infinity && now >= this.memoryDue) this.lookAtMemory(now);
  }

  private get silence(): number {
    return this.told ? BUFFERED_MS : SILENT_MS;
  }

  private timeLimit(): number {
    return this.settings.pool.timeout ? this.ledger.timeLimit() : Infinity;
  }

  private tooLate(worker: Worker, now: number): void {
    // A slow reader of imp's output keeps imp from reading answers: that is not the worker's fault.
    if (worker.hasSpoken) {
      worker.since = now;
      return;
    }
    worker.late = worker.flight[0].attempt;
    this.end(worker, now);
  }

  private end(worker: Worker, now: number): void {
    worker.grace = Infinity;
    const { trees, processes } = this.staff;
    worker.ending = trees.begin(processes.treeOf(worker), now);
  }

  private lookAtMemory(now: number): void {
    this.memoryDue = now + MEMORY_LOOK_MS;
    for (const worker of this.staff.workers.values()) {
      if (worker.retiring) continue;
      const bytes = residentBytes(worker.pid);
      if (bytes !== undefined && bytes > this.settings.maxMemory) this.retire(worker);
    }
  }

  private lookAtSilent(worker: Worker, now: number, answered: boolean): void {
    if (worker.flight.length === 0 && worker.ready) return;
    worker.heard = now;
    const { warn, program } = this.settings;
    if (!program.protocol.greets && waitsForMore(worker)) {
      if (!this.told) warn(`${worker.name}: ${BUFFERING}`);
      this.told = true;
      worker.retiring = true;
      this.staff.closeInput(worker);
    } else if (!answered && !this.toldLong && now - worker.since > LONG_SILENCE_MS) {
      this.toldLong = true;
      const doing = worker.ready ? "answered nothing" : "not loaded its module";
      warn(`${worker.name} has ${doing} for ${LONG_SILENCE_MS / 1000} s; still waiting`);
    }
  }
}
