// A pool of workers without processes: real workers on real pipes, whose other ends the test holds.
import { O_NONBLOCK } from "../../../src/libc/abi.ts";
import type { ImpError } from "../../../src/base/errors.ts";
import { closeFile, readSome, writeAll } from "../../../src/libc/descriptors/files.ts";
import { libc } from "../../../src/libc/calling/load.ts";
import { bytesOf } from "../../../src/pool/bytes.ts";
import { LINES } from "../../../src/pool/input.ts";
import type { Ledger } from "../../../src/pool/ledger.ts";
import type { Attempt } from "../../../src/pool/retries.ts";
import type { PoolSettings } from "../../../src/pool/settings.ts";
import type { Job, JobEnd } from "../../../src/pool/types.ts";
import type { TreeEnding } from "../../../src/pool/tree_endings.ts";
import type { Accounts } from "../../../src/pool/workers/accounts.ts";
import { Desk } from "../../../src/pool/workers/desk.ts";
import { Foreman } from "../../../src/pool/workers/foreman.ts";
import { Overseer } from "../../../src/pool/workers/overseer.ts";
import { Pace } from "../../../src/pool/workers/pace.ts";
import { makePipe, type Pipe } from "../../../src/pool/workers/pipes.ts";
import { LineProtocol, type Protocol } from "../../../src/pool/workers/protocol.ts";
import { Reception } from "../../../src/pool/workers/reception.ts";
import type { Relay } from "../../../src/pool/workers/relay.ts";
import type { WorkerSettings } from "../../../src/pool/workers/settings.ts";
import type { Staff } from "../../../src/pool/workers/staff.ts";
import { valuesOf } from "../../../src/pool/template.ts";
import { Worker } from "../../../src/pool/workers/worker.ts";

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
  /** Numbers of the workers; default: 1001 and so on, which are nobody's. */
  pids?: readonly number[];
}

/** What became of records, in order: `value 1 text`, `failed 2 by: why`. */
export type Entry = string;

export class Shop {
  readonly entries: Entry[] = [];
  readonly warnings: string[] = [];
  readonly pool: PoolSettings;
  readonly staff: FakeStaff;
  readonly desk: Desk;
  readonly foreman: Foreman;
  readonly reception: Reception;
  readonly overseer: Overseer;
  /** The items that no worker has been given. */
  readonly items: string[];

  constructor(options: Options = {}) {
    this.items = [...options.items ?? []];
    this.pool = { jobs: options.jobs ?? 2, delay: 0, ...options.pool } as PoolSettings;
    const protocol = new LineProtocol(LINES, bytesOf("\n"), ({ items }) => valuesOf(items)[0]);
    this.staff = new FakeStaff(
      options.greets ? Object.create(protocol, { greets: { value: true } }) : protocol,
      options.ahead ?? 1,
      options.pids ?? [],
    );
    const settings = {
      pool: this.pool,
      program: { file: "program", argv: () => [], protocol: this.staff.protocol, ahead: 1 },
      maxTasks: options.maxTasks ?? Infinity,
      maxMemory: options.maxMemory ?? Infinity,
      eager: options.eager ?? false,
      json: false,
      warn: (text: string) => void this.warnings.push(text),
    } satisfies WorkerSettings;
    this.desk = new Desk(this.source());
    const staff = this.staff as unknown as Staff;
    const accounts = this.accounts();
    this.foreman = new Foreman(settings, staff, this.desk, accounts);
    const relay = { finish: () => {} } as unknown as Relay;
    this.reception = new Reception(settings, staff, this.desk, this.foreman, accounts, relay);
    const ledger = { timeLimit: () => options.timeLimit ?? Infinity } as unknown as Ledger;
    this.overseer = new Overseer(settings, staff, ledger, (worker) => this.foreman.retire(worker));
  }

  get workers(): Worker[] {
    return [...this.staff.workers.values()];
  }

  feed(now = 0): void {
    this.foreman.feed(now, () => "all");
  }

  /** A worker writes, and imp takes it in. */
  answers(worker: Worker, text: string): void {
    this.staff.write(worker, text);
    this.staff.noticed.push([worker, "stdout"]);
    this.reception.listen();
  }

  /** A worker ends. @returns what the reception says to that */
  ends(worker: Worker, how: number | "KILL"): boolean {
    this.staff.workers.delete(worker.pid);
    return this.reception.ended(
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
        return item === undefined
          ? undefined
          : { seq: ++seq, items: [{ fields: [bytesOf(item)] }] };
      },
      get ended() {
        return items.length === 0;
      },
      fd: -1,
      read: () => {},
      total: undefined,
    };
  }

  private accounts(): Accounts {
    const { entries } = this;
    return {
      value: (_: Worker, { job }: Attempt, bytes: Uint8Array) =>
        entries.push(`value ${job.seq} ${new TextDecoder().decode(bytes)}`),
      failed: (_: Worker | undefined, { job }: Attempt, { by }: JobEnd, why: string) =>
        entries.push(`failed ${job.seq} ${by}: ${why}`),
    } as unknown as Accounts;
  }
}

/** Stands for the processes. */
export class FakeStaff {
  readonly workers = new Map<number, Worker>();
  /** What happens next when a worker is to be started. */
  refusal: ImpError | undefined;
  /** Workers whose pipes have something for imp. */
  noticed: [Worker, "stdin" | "stdout"][] = [];
  /** Those of whom imp wants to hear when they take more input. */
  readonly watched = new Set<Worker>();
  readonly released: Worker[] = [];
  readonly trees = new FakeTrees();
  readonly processes = {
    orphansEnded: 0,
    leftovers: false,
    hasLeftovers: () => this.processes.leftovers,
    treeOf: (worker: Worker) => worker.pid,
  };
  private readonly ends = new Map<Worker, { stdin: Pipe; stdout: Pipe; stderr: Pipe }>();

  constructor(
    readonly protocol: Protocol,
    private readonly ahead: number,
    private readonly pids: readonly number[],
  ) {}

  get size(): number {
    return this.workers.size + this.trees.size;
  }

  start(): Worker | ImpError {
    if (this.refusal) return this.refusal;
    const slot = this.ends.size + 1;
    const pid = this.pids[slot - 1] ?? 1000 + slot;
    const [stdin, stdout, stderr] = [makePipe("write"), makePipe("read"), makePipe("read")];
    const own = { stdin: stdin.own, stdout: stdout.own, stderr: stderr.own };
    const { protocol } = this;
    const decoder = protocol.decoder(`worker ${slot}`);
    const worker = new Worker(slot, pid, own, decoder, new Pace(this.ahead), protocol.greets);
    libc("fcntl").fcntl(stdin.other, F_SETFL, O_NONBLOCK);
    this.ends.set(worker, { stdin, stdout, stderr });
    this.workers.set(pid, worker);
    return worker;
  }

  /** What a worker finds on its stdin. */
  reads(worker: Worker): string {
    const bytes = readSome(this.ends.get(worker)!.stdin.other);
    return typeof bytes === "number" ? "" : new TextDecoder().decode(bytes);
  }

  write(worker: Worker, text: string): void {
    writeAll(this.ends.get(worker)!.stdout.other, text);
  }

  closesStdin(worker: Worker): void {
    closeFile(this.ends.get(worker)!.stdin.other);
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
    worker.closeInput();
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

  /** Nobody is left of any. */
  empty(): void {
    for (const then of this.waiting.splice(0)) then();
  }
}
