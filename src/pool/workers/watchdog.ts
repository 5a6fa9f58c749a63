import { pageBytes } from "../../procfs/boot.ts";
import { readStat } from "../../procfs/stat.ts";
import { readChildren, residentPages } from "../../procfs/usage.ts";
import { readSyscall } from "../../procfs/waiting.ts";
import type { Ledger } from "../account/ledger.ts";
import type { Worker } from "./worker.ts";
import type { WorkerSettings } from "./worker_settings.ts";
import type { WorkerProcesses } from "./worker_processes.ts";

const STDIN = 0;
const MEMORY_LOOK_MS = 50;
const SILENT_MS = 1000;
/** Once the program is known to buffer its answers. */
const BUFFERED_MS = 50;
/** If no answer has come at all, so long a silence is worth a message even if it proves nothing. */
const LONG_SILENCE_MS = 10_000;
/** A short limit for records is none for what they all need. */
const LEAST_LOADING_MS = 10_000;

const BUFFERING =
  "it waits for more input but owes an answer. A worker answers each record with one line, at once: this program seems to " +
  "keep lines in a buffer.\n  Try python3 -u, stdbuf -oL PROGRAM, sed -u, mawk -W interactive, grep --line-buffered. Until then its " +
  "input is closed to get each answer, which is slow";

/** Watches the workers: their time, their memory, and whether they are stuck. */
export class Watchdog {
  private memoryDue = 0;
  private orphansEnded = 0;
  private told = false;
  private toldLong = false;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly processes: WorkerProcesses,
    private readonly ledger: Pick<Ledger, "timeLimit">,
    private readonly retire: (worker: Worker) => void,
  ) {}

  /** When to call {@link look}. */
  due(): number {
    let due = this.processes.trees.due;
    const limit = this.timeLimit();
    for (const worker of this.processes.workers.values()) {
      due = Math.min(due, worker.grace);
      if (worker.ending || (!worker.isBusy && worker.books.ready)) continue;
      due = Math.min(due, worker.heard + this.silence);
      due = Math.min(due, this.endOf(worker, limit));
    }
    if (this.settings.maxMemory < Infinity && this.processes.workers.size > 0) {
      due = Math.min(due, this.memoryDue);
    }
    return due;
  }

  look(now: number, answered: boolean): void {
    const limit = this.timeLimit();
    for (const worker of this.processes.workers.values()) {
      if (worker.ending) continue;
      if (now >= worker.grace) {
        this.settings.warn(
          `${worker.name} has closed its stdin or stdout but still runs: it is ended`,
        );
        this.end(worker, now);
      } else if (now >= this.endOf(worker, limit)) {
        if (worker.isBusy) this.tooLate(worker, now);
        else this.stuck(worker, now);
      } else if (now >= worker.heard + this.silence) this.lookAtSilent(worker, now, answered);
    }
    const { orphansEnded, trees } = this.processes;
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

  /** When the time is up that it has for what it does; Infinity where it does nothing. */
  private endOf({ isBusy, books, since }: Worker, limit: number): number {
    if (isBusy) return since + limit;
    return books.ready ? Infinity : since + Math.max(limit, LEAST_LOADING_MS);
  }

  private stuck(worker: Worker, now: number): void {
    const seconds = Math.round((now - worker.since) / 1000);
    this.settings.warn(`${worker.name} has not loaded its module in ${seconds} s: it is ended`);
    worker.isStuck = true;
    this.end(worker, now);
  }

  private tooLate(worker: Worker, now: number): void {
    // A slow reader of imp's output keeps imp from reading answers: that is not the worker's fault.
    if (worker.transport.hasSpoken) {
      worker.since = now;
      return;
    }
    worker.late = worker.books.first?.attempt;
    this.end(worker, now);
  }

  /** Ends a worker by the configured steps. */
  end(worker: Worker, now: number): void {
    worker.grace = Infinity;
    worker.ending = this.processes.trees.begin(this.processes.treeOf(worker), now);
  }

  private lookAtMemory(now: number): void {
    this.memoryDue = now + MEMORY_LOOK_MS;
    const most = this.settings.maxMemory / pageBytes();
    for (const worker of this.processes.workers.values()) {
      if (worker.books.leaving) continue;
      if ((residentPages(worker.pid) ?? 0) > most) this.retire(worker);
    }
  }

  private lookAtSilent(worker: Worker, now: number, answered: boolean): void {
    if (!worker.isBusy && worker.books.ready) return;
    worker.heard = now;
    const { warn, program } = this.settings;
    if (!program.protocol.greets && waitsForMore(worker)) {
      if (!this.told) warn(`${worker.name}: ${BUFFERING}`);
      this.told = true;
      worker.books.leaving = true;
      this.processes.closeInput(worker);
    } else if (!answered && !this.toldLong && now - worker.since > LONG_SILENCE_MS) {
      this.toldLong = true;
      const doing = worker.books.ready ? "answered nothing" : "not loaded its module";
      warn(`${worker.name} has ${doing} for ${LONG_SILENCE_MS / 1000} s; still waiting`);
    }
  }
}

/**
 * Whether a worker that owes an answer waits for more input: it has read everything, is in read(2) on its stdin, and
 * has no other thread or child that could be working. Then no answer comes before it gets more: it buffers its output,
 * or does not answer every record.
 */
export function waitsForMore(worker: Worker): boolean {
  const { transport } = worker;
  if (!worker.isBusy || transport.inputClosed || transport.unread() > 0) return false;
  const { pid } = worker;
  const { syscall, first } = readSyscall(pid);
  if (syscall !== "read" || first !== STDIN) return false;
  if (readChildren(pid, true)?.length !== 0) return false;
  const stat = readStat(pid);
  // A stopped one, perhaps because it wants the terminal, waits for something else.
  if (stat?.state !== "S" || stat.threads !== 1) return false;
  // Last of all: it may have answered during the check and be waiting for more, as it should.
  return !transport.hasSpoken;
}
