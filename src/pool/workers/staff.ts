import { ImpError } from "../../base/errors.ts";
import { ChildrenCount } from "../../group/children_count.ts";
import { Guard } from "../../group/guard.ts";
import type { Scope } from "../../group/scope.ts";
import { type ChildWakeup, watchChildren } from "../../libc/child_wakeup.ts";
import { closeFile } from "../../libc/files.ts";
import { Epoll, POLLIN, POLLOUT } from "../../libc/poll.ts";
import { ownPid } from "../../libc/process.ts";
import { Reaper } from "../../libc/reaper.ts";
import type { Bytes } from "../../libc/spawn.ts";
import { becomeSubreaper } from "../../libc/subreaper.ts";
import { type Ending, endingOf } from "../../libc/wait.ts";
import { Slots } from "../running.ts";
import type { Childless } from "../childless.ts";
import { type Descriptors, Starter } from "../starter.ts";
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

/** The workers of a pool: starts them, knows which live, and reaps whatever ends below imp. */
export class Staff {
  readonly workers = new Map<number, Worker>();
  readonly wakeup: ChildWakeup = watchChildren();
  private readonly slots = new Slots();
  private readonly guard = new Guard({ command: "pool", tag: "IMP_POOL_ID" });
  private readonly starter: Starter;
  private readonly reaper = new Reaper();
  private readonly count = new ChildrenCount();
  private readonly epoll = new Epoll();
  private readonly streams = new Map<number, readonly [Worker, Stream]>();

  constructor(private readonly program: Program, private readonly childless?: Childless) {
    becomeSubreaper();
    this.guard.start();
    this.starter = new Starter(program.file, this.guard.tagged(), false, childless);
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
    const slot = this.slots.take();
    const outcome = this.starter.start(argv(slot), others);
    for (const end of Object.values(others)) closeFile(end);
    if (!("pid" in outcome)) this.giveUp(slot, Object.values(own));
    if ("later" in outcome) return outcome.later;
    if ("failed" in outcome) throw outcome.error;
    const { pid } = outcome;
    const decoder = protocol.decoder(`worker ${slot} (pid ${pid})`);
    const worker = new Worker(slot, pid, own, decoder, new Pace(ahead), protocol.greets);
    this.guard.note(slot - 1, pid);
    this.wakeup.started(pid);
    this.workers.set(pid, worker);
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

  /** Reaps everybody who has ended. */
  reap(ended: (worker: Worker, ending: Ending) => void): void {
    this.wakeup.clear();
    for (let pid = this.reaper.next(); pid > 0; pid = this.reaper.next()) {
      if (pid === this.guard.pid) this.guard.replace();
      const worker = this.workers.get(pid);
      // Else it is an orphan that a worker left behind.
      if (!worker) continue;
      const ending = endingOf(this.reaper.status);
      this.workers.delete(pid);
      this.wakeup.reaped(pid);
      this.childless?.reaped(pid);
      this.slots.release(worker.slot);
      // Its PID may be somebody else's soon.
      this.guard.note(worker.slot - 1, 0);
      ended(worker, ending);
      for (const fd of Object.values(worker.pipes)) this.unwatch(fd);
      worker.close();
    }
  }

  /** Whether there may be processes that workers which have ended left behind. */
  hasLeftovers(): boolean {
    return this.count.now() !== this.workers.size + (this.guard.pid > 0 ? 1 : 0);
  }

  /** Numbers of the records that are with workers. */
  given(): number[] {
    const flights = [...this.workers.values()].flatMap(({ flight }) => flight);
    return flights.map(({ again }) => again.job.seq);
  }

  /** Every process below imp but the guard. */
  everybody(): Scope {
    return { below: [ownPid()], groups: [...this.workers.keys()], except: [this.guard.pid] };
  }

  dismissGuard(): void {
    this.guard.dismiss();
  }

  private watch(worker: Worker, stream: Stream, events: number): void {
    const fd = worker.pipes[stream];
    this.streams.set(fd, [worker, stream]);
    this.epoll.add(fd, events);
  }

  private giveUp(slot: number, ends: readonly number[]): void {
    this.slots.release(slot);
    for (const end of ends) closeFile(end);
  }
}

/** The three pipes of a worker; an error when no more descriptors are to be had now. */
function makePipes(): { own: WorkerPipes; others: Descriptors } | ImpError {
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
