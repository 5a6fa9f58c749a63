import { POLLIN, POLLOUT } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { type Ending, endingOf } from "../../libc/processes/wait.ts";
import { Processes } from "../processes.ts";
import type { PoolSettings } from "../settings.ts";
import type { JobDescriptors } from "../starter.ts";
import { TreeEndings } from "../tree_endings.ts";
import { Pace } from "./pace.ts";
import { makePipe, type Pipe } from "./pipes.ts";
import type { Protocol } from "./protocol.ts";
import { Worker, type WorkerPipes } from "./worker.ts";

/** What a worker is made of. */
export interface Program {
  readonly file: string;
  readonly argv: (slot: number) => readonly Bytes[];
  readonly protocol: Protocol;
  /** How many records a worker may have at once. */
  readonly ahead: number;
}

type Stream = "stdin" | "stdout" | "stderr";

/** The workers of a pool, and the pipes to them. */
export class Staff {
  readonly processes: Processes<Worker>;
  /** By PID. */
  readonly workers: ReadonlyMap<number, Worker>;
  private readonly epoll = new Epoll();
  private readonly streams = new Map<number, readonly [Worker, Stream]>();

  /** Trees of workers that are being ended. */
  readonly trees: TreeEndings;

  constructor(private readonly program: Program, settings: PoolSettings) {
    const marked = settings.retry !== undefined || settings.timeout !== undefined;
    this.trees = new TreeEndings(settings.termSteps);
    this.processes = new Processes(program.file, undefined, marked, settings);
    this.workers = this.processes.alive;
  }

  /** How many places are taken: a worker that has ended keeps its own until its tree has. */
  get size(): number {
    return this.workers.size + this.trees.size;
  }

  /** Readable when a worker has written something, or takes more. */
  get fd(): number {
    return this.epoll.fd;
  }

  /** @throws ImpError when no worker can be started at all @returns an error that may pass */
  start(): Worker | ImpError {
    const { argv, protocol, ahead } = this.program;
    const pipes = makePipes();
    if (pipes instanceof ImpError) return pipes;
    const { own, others } = pipes;
    const slot = this.processes.takeSlot();
    const outcome = this.processes.start(slot, argv(slot), others);
    Object.values(others).forEach(closeFile);
    if (!("pid" in outcome)) Object.values(own).forEach(closeFile);
    if ("later" in outcome) return outcome.later;
    if ("failed" in outcome) throw outcome.error;
    const { pid } = outcome;
    const decoder = protocol.decoder(`worker ${slot} (pid ${pid})`);
    const worker = new Worker(slot, pid, own, decoder, new Pace(ahead), protocol.greets);
    this.processes.add(worker);
    this.watch(worker, "stdout", POLLIN);
    this.watch(worker, "stderr", POLLIN);
    return worker;
  }

  /** The pipes that something happened to. */
  *ready(): Iterable<readonly [Worker, Stream]> {
    for (const fd of this.epoll.ready()) {
      const known = this.streams.get(fd);
      if (known) yield known;
    }
  }

  /** Whether to tell when the worker takes more input. */
  watchInput(worker: Worker, wanted: boolean): void {
    const watched = this.streams.has(worker.pipes.stdin);
    if (wanted && !watched && !worker.inputClosed) this.watch(worker, "stdin", POLLOUT);
    if (!wanted && watched) this.unwatch(worker.pipes.stdin);
  }

  /** It is at its end; watched on, it would be ready for ever. */
  unwatch(fd: number): void {
    if (!this.streams.delete(fd)) return;
    this.epoll.remove(fd);
  }

  closeInput(worker: Worker): void {
    this.unwatch(worker.pipes.stdin);
    worker.closeInput();
  }

  /** Reaps everybody who has ended. @param ended says whether others of its tree are left: it keeps its place until {@link release} */
  reap(ended: (worker: Worker, ending: Ending) => boolean): void {
    this.processes.reap((worker, { status }) => {
      const kept = ended(worker, endingOf(status));
      for (const fd of Object.values(worker.pipes)) this.unwatch(fd);
      if (!kept) worker.close();
      return kept;
    });
  }

  /** Nobody is left of its tree. */
  release(worker: Worker): void {
    worker.close();
    this.processes.releaseSlot(worker.slot);
  }

  /** Numbers of the records that are with workers. */
  given(): number[] {
    const given = [...this.workers.values()].flatMap(({ jobs }) => jobs);
    return [...given, ...this.trees.jobs];
  }

  private watch(worker: Worker, stream: Stream, events: number): void {
    const fd = worker.pipes[stream];
    this.streams.set(fd, [worker, stream]);
    this.epoll.add(fd, events);
  }
}

/** The three pipes of a worker; an error when no more descriptors are to be had now. */
function makePipes(): { own: WorkerPipes; others: JobDescriptors } | ImpError {
  const made: Pipe[] = [];
  try {
    for (const own of ["write", "read", "read"] as const) made.push(makePipe(own));
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
