// A pool of workers without processes: real workers on real pipes, whose other ends the test holds.
import { O_NONBLOCK } from "../../../src/libc/abi.ts";
import { ImpError } from "../../../src/base/errors.ts";
import { closeFile, readSome, writeAll } from "../../../src/libc/descriptors/files.ts";
import { libc } from "../../../src/libc/calling/load.ts";
import { bytesOf } from "../../../src/pool/bytes.ts";
import { LINES } from "../../../src/pool/source/input.ts";
import type { Ledger } from "../../../src/pool/account/ledger.ts";
import type { PoolSettings } from "../../../src/pool/settings.ts";
import type { Job } from "../../../src/pool/types.ts";
import type { TreeEnding } from "../../../src/pool/process/tree_endings.ts";
import { Collector, type StderrRelay } from "../../../src/pool/workers/collector.ts";
import { Deaths } from "../../../src/pool/workers/deaths.ts";
import { Dispatcher, RecordQueue } from "../../../src/pool/workers/dispatcher.ts";
import { LineProtocol, type WorkerProtocol } from "../../../src/pool/workers/line_protocol.ts";
import type { MayGive, RecordOutcomes } from "../../../src/pool/workers/record_reports.ts";
import { PipeTransport, Worker } from "../../../src/pool/workers/worker.ts";
import type { WorkerSettings } from "../../../src/pool/workers/worker_settings.ts";
import { Watchdog } from "../../../src/pool/workers/watchdog.ts";
import {
  makeWorkerPipes,
  type WorkerProcesses,
} from "../../../src/pool/workers/worker_processes.ts";
import type { JobDescriptors } from "../../../src/pool/process/starter.ts";

const F_SETFL = 4;

export interface Options {
  items?: readonly string[];
  jobs?: number;
  ahead?: number;
  maxTasks?: number;
  maxMemory?: number;
  eager?: boolean;
  greets?: boolean;
  /** Milliseconds that a record may take. */
  timeLimit?: number;
  pool?: Partial<PoolSettings>;
  /** PIDs of the workers; default: 1001 and up, which no process has. */
  pids?: readonly number[];
}

/** The outcome of records, in order: `value 1 text`, `failed 2 by: why`. */
export type Entry = string;

export class Workshop {
  readonly entries: Entry[] = [];
  readonly warnings: string[] = [];
  readonly pool: PoolSettings;
  readonly processes: FakeProcesses;
  readonly dispatcher: Dispatcher;
  readonly collector: Collector;
  readonly deaths: Deaths;
  readonly watchdog: Watchdog;
  mayGive: MayGive = "all";
  /** The items that no worker has been given yet. */
  readonly items: string[];

  constructor(options: Options = {}) {
    this.items = [...options.items ?? []];
    this.pool = {
      jobLimit: { value: options.jobs ?? 2 },
      delay: 0,
      ...options.pool,
    } as PoolSettings;
    const protocol = new LineProtocol(LINES, bytesOf("\n"));
    const maxTasks = options.maxTasks ?? Infinity;
    this.processes = new FakeProcesses(
      options.greets ? Object.create(protocol, { greets: { value: true } }) : protocol,
      { ahead: options.ahead ?? 1, maxTasks },
      options.pids ?? [],
    );
    const settings = {
      pool: this.pool,
      program: { file: "program", argv: () => [], protocol: this.processes.protocol, ahead: 1 },
      maxTasks,
      maxMemory: options.maxMemory ?? Infinity,
      eager: options.eager ?? false,
      json: false,
      warn: (text: string) => void this.warnings.push(text),
    } satisfies WorkerSettings;
    const queue = new RecordQueue(this.source());
    const processes = this.processes as unknown as WorkerProcesses;
    const outcomes = this.outcomes();
    const dispatcher = this.dispatcher = new Dispatcher(settings, processes, queue, outcomes);
    const relay = { finish: () => {} } as unknown as StderrRelay;
    const collector = this.collector = new Collector(processes, dispatcher, outcomes, relay);
    this.deaths = new Deaths(settings, processes, queue, dispatcher, collector, outcomes);
    const ledger = { timeLimit: () => options.timeLimit ?? Infinity } as unknown as Ledger;
    this.watchdog = new Watchdog(settings, processes, ledger, (one) => dispatcher.retire(one));
  }

  /** As when the pool stops. */
  stop(): void {
    this.collector.stop();
    this.deaths.stop();
  }

  get workers(): Worker[] {
    return [...this.processes.workers.values()];
  }

  feed(now = 0): void {
    this.dispatcher.feed(now);
  }

  /** A worker writes, and imp reads it. */
  answers(worker: Worker, text: string): void {
    this.processes.write(worker, text);
    this.processes.noticed.push([worker, "stdout"]);
    this.collector.listen();
  }

  /** A worker ends. @returns whether any process of its tree is left */
  ends(worker: Worker, how: number | "KILL"): boolean {
    this.processes.workers.delete(worker.pid);
    return this.deaths.ended(
      worker,
      how === "KILL" ? { how: "signal", signal: 9, core: false } : { how: "exit", code: how },
    );
  }

  private source() {
    let seq = 0;
    const { items } = this;
    return {
      next: (): Job | undefined => {
        const item = items.shift();
        return item === undefined ? undefined : { seq: ++seq, items: { fields: [bytesOf(item)] } };
      },
      get ended() {
        return items.length === 0;
      },
      fd: -1,
      read: () => {},
      total: undefined,
    };
  }

  private outcomes(): RecordOutcomes {
    const { entries } = this;
    const mayGive = () => this.mayGive;
    return {
      get mayGive() {
        return mayGive();
      },
      value: ({ job }, _order, _slot, bytes) =>
        entries.push(`value ${job.seq} ${new TextDecoder().decode(bytes)}`),
      error: ({ job }, _order, _slot, text) => entries.push(`error ${job.seq} ${text}`),
      failed: ({ job, end }, _order, _slot, why) =>
        entries.push(`failed ${job.seq} ${end.by}: ${why}`),
    };
  }
}

/** Replaces the processes. */
class FakeProcesses {
  readonly workers = new Map<number, Worker>();
  /** What happens next when a worker should be started. */
  refusal: ImpError | undefined;
  /** Workers whose pipes have something for imp. */
  noticed: [Worker, "stdin" | "stdout"][] = [];
  /** Workers that imp wants to be notified about when they accept more input. */
  readonly watched = new Set<Worker>();
  readonly released: Worker[] = [];
  readonly trees = new FakeTrees();
  orphansEnded = 0;
  leftovers = false;
  private readonly ends = new Map<Worker, JobDescriptors>();

  constructor(
    readonly protocol: WorkerProtocol,
    private readonly terms: { ahead: number; maxTasks: number },
    private readonly pids: readonly number[],
  ) {}

  get size(): number {
    return this.workers.size + this.trees.size;
  }

  start(): Worker | ImpError {
    if (this.refusal) return this.refusal;
    const slot = this.ends.size + 1;
    const pid = this.pids[slot - 1] ?? 1000 + slot;
    const pipes = makeWorkerPipes();
    if (pipes instanceof ImpError) throw pipes;
    const { own, others } = pipes;
    const { protocol: { greets }, protocol } = this;
    const transport = new PipeTransport(own);
    const decoder = protocol.decoder(`worker ${slot}`);
    const worker = new Worker(slot, slot, pid, transport, decoder, { ...this.terms, greets });
    libc("fcntl").fcntl(others.input!, F_SETFL, O_NONBLOCK);
    this.ends.set(worker, others);
    this.workers.set(pid, worker);
    return worker;
  }

  /** What a worker finds on its stdin. */
  reads(worker: Worker): string {
    const bytes = readSome(this.ends.get(worker)!.input!);
    return typeof bytes === "number" ? "" : new TextDecoder().decode(bytes);
  }

  write(worker: Worker, text: string): void {
    writeAll(this.ends.get(worker)!.out!, text);
  }

  closesStdin(worker: Worker): void {
    closeFile(this.ends.get(worker)!.input!);
  }

  hasLeftovers(): boolean {
    return this.leftovers;
  }

  treeOf(worker: Worker): number {
    return worker.pid;
  }

  *ready() {
    yield* this.noticed.splice(0);
  }

  watchInput(worker: Worker, wanted: boolean): void {
    if (wanted) this.watched.add(worker);
    else this.watched.delete(worker);
  }

  unwatch(): void {}

  closeInput(worker: Worker): void {
    worker.transport.closeInput();
  }

  release(worker: Worker): void {
    this.released.push(worker);
  }
}

/** Trees that are empty only when the test says so. */
class FakeTrees {
  readonly begun: unknown[] = [];
  readonly waiting: (() => void)[] = [];
  due = Infinity;
  looks = 0;

  get size(): number {
    return this.waiting.length;
  }

  begin(tree: unknown): TreeEnding {
    this.begun.push(tree);
    return { tree } as unknown as TreeEnding;
  }

  beginRest(tree: unknown): TreeEnding {
    return this.begin(tree);
  }

  wait(_: TreeEnding, __: readonly number[], then: () => void): boolean {
    this.waiting.push(then);
    return true;
  }

  look(): void {
    this.looks++;
  }

  /** All trees are empty. */
  empty(): void {
    for (const then of this.waiting.splice(0)) then();
  }
}
