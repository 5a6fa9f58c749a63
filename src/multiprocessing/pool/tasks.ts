import { AsyncResult, cameFrom } from "./async_result.ts";
import { ImapIterator, type ImapPool } from "./imap_iterator.ts";
import { allOf, checkedChunkSize, chunkSize, type Items, MapResult, positive } from "./chunks.ts";
import { callUser, Cell, KIND, type Kind, type Outcome, type Settled } from "./outcome.ts";
import type { PoolCore } from "./core.ts";
import { PoolTerminated } from "./errors.ts";
import type { KnownFunction } from "./worker.ts";
import { checkOptions } from "../process/arguments.ts";
import { checkedArgs, referenceTo, type Target, type TargetReference } from "../process/target.ts";

/** Callbacks for the outcome, called as soon as it is known. */
export interface Callbacks<R> {
  /** Called with the result. */
  callback?: (value: R) => void;
  /** Called with the error of a failed task. */
  errorCallback?: (error: unknown) => void;
}

/** How `mapAsync` and `starmapAsync` divide their items. */
export interface MapOptions<R> extends Callbacks<R> {
  /** Items per task. Default: a quarter of each worker's share, as in CPython. */
  chunkSize?: number;
}

/** How `imap` and `imapUnordered` read their items. */
export interface ImapOptions {
  /** Items per task. Default 1. */
  chunkSize?: number;
  /** How many items are read ahead of the consumer. Default: the pool's. */
  bufferSize?: number;
}

const CALLBACKS = { callback: "function", errorCallback: "function" } as const;

/** Twice what a worker can have, so that there is always enough to hand out at once. */
const AHEAD_PER_WORKER = 128;

/** What takes tasks and has them done: the pool of this process, or the connection to that of another one. */
export type TaskTaker =
  & Pick<
    PoolCore,
    "checkOpen" | "submit" | "addFeeder" | "removeFeeder" | "hold" | "release"
  >
  & { readonly plan: Pick<PoolCore["plan"], "size"> };

/** Turns the calls of a pool's users into tasks. */
export class PoolTasks {
  readonly #functions = new PoolFunctions();

  constructor(private readonly core: TaskTaker, private readonly bufferSize: number | undefined) {}

  call<R>(
    target: Target,
    args: readonly unknown[] = [],
    callbacks: Callbacks<R> = {},
  ): AsyncResult<R> {
    this.core.checkOpen();
    checkedArgs(args);
    checkOptions(callbacks, CALLBACKS, "applyAsync");
    const fn = this.#functions.find(target);
    const cell = new Cell<R>();
    const result = this.#result(cell, callbacks);
    this.#submit(fn, KIND.call, args as unknown[], (outcome) => cell.settle(outcome as Outcome<R>));
    return result;
  }

  /** @param kind `each` or `spread` */
  map<R>(
    target: Target,
    kind: Kind,
    items: Items<unknown>,
    given: MapOptions<R[]> | number,
  ): AsyncResult<R[]> {
    this.core.checkOpen();
    const options = withChunkSize(given);
    checkOptions(options, { ...CALLBACKS, chunkSize: "any" }, "a map");
    if (options.chunkSize !== undefined) checkedChunkSize(options.chunkSize);
    const fn = this.#functions.find(target);
    const cell = new Cell<R[]>();
    const result = this.#result(cell, options);
    const submit = (all: unknown[]) => this.#submitChunks(fn, kind, all, options.chunkSize, cell);
    const all = allOf(items);
    if (Array.isArray(all)) submit(all);
    else this.#readAll(all, submit, cell);
    return result;
  }

  imap<R>(
    target: Target,
    items: Items<unknown>,
    plan: ImapOptions | number,
    ordered: boolean,
  ): ImapIterator<R> {
    const { core } = this;
    core.checkOpen();
    const options = withChunkSize(plan);
    checkOptions(options, { chunkSize: "any", bufferSize: "any" }, "imap");
    const fn = this.#functions.find(target);
    const size = checkedChunkSize(options.chunkSize ?? 1);
    const given = options.bufferSize ?? this.bufferSize;
    const bufferSize = given === undefined
      ? AHEAD_PER_WORKER * core.plan.size * size
      : checkedBufferSize(given);
    const pool: ImapPool = {
      hold: () => core.hold(),
      release: () => core.release(),
      begun: (feeder) => core.addFeeder(feeder),
      finished: (feeder) => core.removeFeeder(feeder),
      submit: (chunk, settle) => this.#submitChunk(fn, chunk, settle),
    };
    const bounded = given !== undefined;
    return new ImapIterator<R>(pool, items, { ordered, chunkSize: size, bufferSize, bounded });
  }

  #result<R>(cell: Cell<R>, { callback, errorCallback }: Callbacks<R>): AsyncResult<R> {
    if (callback || errorCallback) {
      cell.then((outcome) => {
        if (outcome.ok) callUser(callback, outcome.value);
        else callUser(errorCallback, outcome.error);
      });
    }
    return new AsyncResult(cell, this.core);
  }

  #submit(
    fn: KnownFunction,
    kind: Kind,
    values: unknown[],
    settle: (outcome: Outcome<unknown>, pid?: number) => void,
  ): void {
    this.core.submit({
      fn,
      kind,
      values,
      settle: (outcome, pid) => {
        if (!outcome.ok && pid !== undefined) cameFrom(outcome.error, pid);
        settle(outcome, pid);
      },
    });
  }

  #submitChunks<R>(
    fn: KnownFunction,
    kind: Kind,
    all: unknown[],
    given: number | undefined,
    cell: Cell<R[]>,
  ): void {
    const size = given ?? chunkSize(all.length, this.core.plan.size);
    const result = new MapResult<R>(all.length === 0 ? 0 : Math.ceil(all.length / size));
    result.cell.then((outcome) => cell.settle(outcome));
    for (let i = 0, chunk = 0; i < all.length; i += size, chunk++) {
      const place = chunk;
      this.#submit(fn, kind, all.slice(i, i + size), (outcome) => {
        result.settle(place, outcome as Outcome<R[]>);
      });
    }
  }

  /** One task for items whose outcomes are wanted one by one. */
  #submitChunk(fn: KnownFunction, items: unknown[], settle: Settle): void {
    if (items.length === 1) {
      return this.#submit(fn, KIND.call, items, (outcome) => settle([outcome]));
    }
    this.#submit(fn, KIND.settle, items, (outcome, pid) => {
      settle(outcome.ok ? outcomes(outcome.value as Settled, pid) : items.map(() => outcome));
    });
  }

  /** Reads items that have to be waited for; until then the pool is not done. */
  async #readAll<R>(
    all: Promise<unknown[]>,
    submit: (all: unknown[]) => void,
    cell: Cell<R[]>,
  ): Promise<void> {
    const feeder = {
      abort: () => cell.settle({ ok: false, error: new PoolTerminated() }),
      unbound() {},
    };
    this.core.addFeeder(feeder);
    try {
      submit(await all);
    } catch (error) {
      cell.settle({ ok: false, error });
    } finally {
      this.core.removeFeeder(feeder);
    }
  }
}

type Settle = (outcomes: readonly Outcome<unknown>[]) => void;

function outcomes([results, failed, errors]: Settled, pid: number | undefined): Outcome<unknown>[] {
  const all: Outcome<unknown>[] = results.map((value) => ({ ok: true, value }));
  failed.forEach((place, i) => {
    if (pid !== undefined) cameFrom(errors[i], pid);
    all[place] = { ok: false, error: errors[i] };
  });
  return all;
}

function withChunkSize<O extends { chunkSize?: number }>(options: O | number): O {
  return typeof options === "number" ? { chunkSize: options } as O : options;
}

export function checkedBufferSize(size: number): number {
  return size === Infinity ? size : positive(size, "bufferSize");
}

/** The functions given to a pool, numbered: looked up once, however many tasks call them. */
class PoolFunctions {
  #byTarget = new Map<Target, KnownFunction>();
  #byPlace = new Map<string, KnownFunction>();

  /** @throws TypeError, ImpError: as {@link referenceTo} */
  find(target: Target): KnownFunction {
    const found = this.#byTarget.get(target);
    if (found) return found;
    const fn = this.#known(referenceTo(target));
    // A relative path means another file in another module, and an object can change.
    if (typeof target === "function") this.#byTarget.set(target, fn);
    return fn;
  }

  #known(reference: TargetReference): KnownFunction {
    const { module, name = "", text = "" } = reference;
    const place = `${module}#${name}#${text}`;
    let fn = this.#byPlace.get(place);
    if (!fn) this.#byPlace.set(place, fn = { id: this.#byPlace.size, reference });
    return fn;
  }
}
