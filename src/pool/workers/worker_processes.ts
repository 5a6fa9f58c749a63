import { F_SETFL, O_NONBLOCK, POLLIN, POLLOUT } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { openPipe } from "../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { type JobDescriptors, Starter, withVariables } from "../process/starter.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import { type Ending, endingOf } from "../../libc/processes/wait.ts";
import type { AttemptTree } from "../process/attempt_tree.ts";
import { Processes } from "../process/processes.ts";
import { TreeEndings } from "../process/tree_endings.ts";
import { PipeTransport, Worker, type WorkerPipes, type WorkerTerms } from "./worker.ts";
import type { WorkerSettings } from "./worker_settings.ts";
import type { Job } from "../types.ts";

type Stream = keyof WorkerPipes;

/** A pool's workers, and the pipes to them. */
export class WorkerProcesses<J extends Job = Job> {
  readonly processes: Processes<Worker<J>>;
  /** By PID. */
  readonly workers: ReadonlyMap<number, Worker<J>>;
  private readonly epoll = new Epoll();
  private readonly streams = new Map<number, readonly [Worker<J>, Stream]>();

  /** The name of its first slot. */
  firstSlot = 1;

  /** Trees of workers being ended. */
  readonly trees: TreeEndings;

  private readonly terms: WorkerTerms;

  constructor(private readonly settings: WorkerSettings) {
    const { program, pool, maxTasks } = settings;
    this.terms = { ahead: program.ahead, maxTasks, greets: program.protocol.greets };
    const marked = pool.retry !== undefined || pool.timeout !== undefined;
    this.trees = new TreeEndings(pool.termSteps);
    const file = program.fileNow ?? program.file;
    this.processes = new Processes(
      (environment) => {
        const own = withVariables(environment, program.variables ?? []);
        const starter = new Starter(file, own, undefined, pool, false);
        return {
          start: (argv, descriptors, alone, slot) =>
            starter.start(argv, descriptors, alone, this.shown(slot)),
        };
      },
      marked,
      pool,
    );
    this.workers = this.processes.alive;
  }

  /** How many places are taken: an ended worker keeps its own until its tree has ended. */
  get size(): number {
    return this.workers.size + this.trees.size;
  }

  /** Readable when a worker has written something, or takes more. */
  get fd(): number {
    return this.epoll.fd;
  }

  /** @throws ImpError if no worker can be started at all @returns an error that may pass */
  start(): Worker<J> | ImpError {
    const { argv, protocol } = this.settings.program;
    const pipes = makeWorkerPipes();
    if (pipes instanceof ImpError) return pipes;
    const { own, others } = pipes;
    const slot = this.processes.takeSlot();
    const shown = this.shown(slot);
    const outcome = this.processes.start(slot, argv(shown), others);
    Object.values(others).forEach(closeFile);
    if (!("pid" in outcome)) Object.values(own).forEach(closeFile);
    if ("later" in outcome) return outcome.later;
    if ("failed" in outcome) throw outcome.error;
    const { pid } = outcome;
    const decoder = protocol.decoder(`worker ${shown} (pid ${pid})`);
    const worker = new Worker<J>(slot, shown, pid, new PipeTransport(own), decoder, this.terms);
    this.processes.add(worker);
    this.watch(worker, "stdout", POLLIN);
    this.watch(worker, "stderr", POLLIN);
    return worker;
  }

  /** The pipes with events. */
  *ready(): Iterable<readonly [Worker<J>, Stream]> {
    for (const fd of this.epoll.ready()) {
      const known = this.streams.get(fd);
      if (known) yield known;
    }
  }

  /** Whether to report when the worker takes more input. */
  watchInput(worker: Worker<J>, wanted: boolean): void {
    const watched = this.streams.has(worker.transport.pipes.stdin);
    if (wanted && !watched && !worker.transport.inputClosed) this.watch(worker, "stdin", POLLOUT);
    if (!wanted && watched) this.unwatch(worker.transport.pipes.stdin);
  }

  /** It is at its end and would always be ready. */
  unwatch(fd: number): void {
    if (!this.streams.delete(fd)) return;
    this.epoll.remove(fd);
  }

  closeInput(worker: Worker): void {
    this.unwatch(worker.transport.pipes.stdin);
    worker.transport.closeInput();
  }

  /**
   * Reaps all that have ended. @param ended returns whether others of its tree are left: it keeps its place until
   * {@link release}
   */
  reap(ended: (worker: Worker<J>, ending: Ending) => boolean): void {
    this.processes.reap((worker, { status }) => {
      const kept = ended(worker, endingOf(status));
      for (const fd of Object.values(worker.transport.pipes)) this.unwatch(fd);
      if (!kept) worker.transport.close();
      return kept;
    });
  }

  /** Nothing of its tree is left. */
  release(worker: Worker<J>): void {
    worker.transport.close();
    this.processes.releaseSlot(worker.slot);
  }

  /** The tree of a worker, which may have been reaped but still has its slot. */
  treeOf(worker: Worker<J>): AttemptTree {
    return this.processes.treeOf(worker);
  }

  /** Whether ended workers may have left processes behind. */
  hasLeftovers(): boolean {
    return this.processes.hasLeftovers();
  }

  /** How many children not started by imp have been reaped. */
  get orphansEnded(): number {
    return this.processes.orphansEnded;
  }

  /** Numbers of the records that are with workers. */
  given(): number[] {
    const given = [...this.workers.values()].flatMap(({ jobs }) => jobs);
    return [...given, ...this.trees.jobs];
  }

  private shown(slot: number): number {
    return this.firstSlot - 1 + slot;
  }

  private watch(worker: Worker<J>, stream: Stream, events: number): void {
    const fd = worker.transport.pipes[stream];
    this.streams.set(fd, [worker, stream]);
    this.epoll.add(fd, events);
  }
}

/** The three pipes of a worker, close-on-exec; an error if no more descriptors are available now. */
export function makeWorkerPipes(): { own: WorkerPipes; others: JobDescriptors } | ImpError {
  const made: WorkerPipe[] = [];
  try {
    for (const own of ["write", "read", "read"] as const) made.push(makeWorkerPipe(own));
  } catch (error) {
    for (const { own, other } of made) [own, other].forEach(closeFile);
    if (error instanceof ImpError) return error;
    throw error;
  }
  const [stdin, stdout, stderr] = made;
  return {
    own: { stdin: stdin.own, stdout: stdout.own, stderr: stderr.own },
    others: { input: stdin.other, out: stdout.other, err: stderr.other },
  };
}

/** Both ends of a pipe. */
export interface WorkerPipe {
  /** The end that stays here, non-blocking. */
  readonly own: number;
  readonly other: number;
}

/** @param own which end stays here @throws ImpError, for example EMFILE */
export function makeWorkerPipe(own: "read" | "write"): WorkerPipe {
  const [readEnd, writeEnd] = openPipe(FLOOR.job);
  const ends = own === "read"
    ? { own: readEnd, other: writeEnd }
    : { own: writeEnd, other: readEnd };
  libc("fcntl").fcntl(ends.own, F_SETFL, O_NONBLOCK);
  return ends;
}
