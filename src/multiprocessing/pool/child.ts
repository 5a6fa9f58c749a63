import { runtime } from "../../runtime/mod.ts";
import type { Channel } from "../wire/channel.ts";
import { encode, type Encoded } from "../wire/codec.ts";
import { Deque } from "../../base/deque.ts";
import type { Callable } from "../process/load_function.ts";
import { addEndRule, ORDER } from "../process/end_rules.ts";
import { loadTarget } from "../process/load_target.ts";
import { apply, encodeError, encodeFailure, encodeResult, isThenable } from "./apply.ts";
import { nextNumber } from "../../workers/books.ts";
import { ClaimWord, noteNothingLeft, TaskClaims } from "./claim.ts";
import { FROM_WORKER, type Kind, TO_WORKER } from "./outcome.ts";
import type { TargetReference } from "../process/target.ts";
import { SIGTERM } from "../../libc/abi.ts";
import { endBlocking, Termination } from "../../termination/termination.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { hasChildren } from "../../libc/processes/wait.ts";
import { GRACE_MS } from "../process/end_daemonic.ts";

// Also for its effect: the word arrives as a portable object.

interface WorkerFunction {
  readonly reference: TargetReference;
  loaded?: Callable;
}

type Message = readonly [kind: number, ...unknown[]];
type TaskMessage = readonly [
  kind: number,
  number: number,
  id: number,
  kind: Kind,
  values: unknown[],
];

/** Stands for a message that cannot be read here. */
const UNREADABLE = -1;

/**
 * The life of a worker, as the target of a process: one task after another, each answered before the next one begins.
 * Resolves when the pool is gone or wants no more, which ends the process.
 */
export async function work(channel: Channel): Promise<void> {
  // Ctrl-C reaches every process in the terminal's foreground group: the pool's process decides what it means.
  // A handler, unlike ignoring it, is not inherited by the programs that a task starts.
  runtime.onSignal("SIGINT", () => {});
  channel.ref();
  runtime.exit(
    await new Promise<number>((leave) => {
      const worker = new Worker(channel, leave);
      // Its task waits for something that cannot come, and nobody needs the task any more.
      const idle = () => worker.ended ? runtime.exit(0) : undefined;
      addEndRule({ order: ORDER.processes, idle });
      channel.listen({
        message: (message) => worker.take(message as Message),
        failed: (error) => worker.take([UNREADABLE, error]),
        closed: () => worker.end(),
      });
    }),
  );
}

class Worker {
  readonly #channel: Channel;
  readonly #leave: (exitcode: number) => void;
  readonly #functions = new Map<number, WorkerFunction>();
  #inbox = new Deque<Message>();
  #claims: TaskClaims | undefined;
  #running = false;
  #ended = false;
  /** Number of the last task message: they are numbered without gaps. */
  #lastNumber = 0;

  constructor(channel: Channel, leave: (exitcode: number) => void) {
    this.#channel = channel;
    this.#leave = leave;
  }

  /** Whether the pool is gone, or wants no more. */
  get ended(): boolean {
    return this.#ended;
  }

  take(message: Message): void {
    this.#inbox.push(message);
    if (!this.#running) this.#run();
  }

  /** No more messages will come. Those received are still handled: the pool may be waiting for the result. */
  end(): void {
    this.#ended = true;
    if (!this.#running) this.#leave(0);
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let message = this.#inbox.shift(); message; message = this.#inbox.shift()) {
      // Awaited only if necessary: most functions return at once.
      const pending = this.#handle(message);
      if (pending) await pending;
    }
    this.#running = false;
    if (this.#ended) this.#leave(0);
  }

  #handle(message: Message): Promise<void> | void {
    switch (message[0]) {
      case TO_WORKER.task:
        return this.#task(message as unknown as TaskMessage);
      case TO_WORKER.define: {
        const [, id, reference] = message as [number, number, TargetReference];
        this.#functions.set(id, { reference });
        return;
      }
      case TO_WORKER.resume:
        return this.#claims?.resume();
      case TO_WORKER.setup:
        return this.#setUp(message);
      case UNREADABLE:
        return this.#unreadable(message[1]);
    }
  }

  async #setUp([, claim, initializer, initargs]: Message): Promise<void> {
    if (!(claim instanceof ClaimWord)) throw new TypeError("a pool must begin with its claim");
    this.#claims = new TaskClaims(claim.word);
    leaveNothing(claim);
    try {
      if (initializer) {
        const initialize = await loadTarget(initializer as TargetReference);
        await initialize(...initargs as unknown[]);
      }
      this.#send(encode([FROM_WORKER.ready]));
    } catch (error) {
      this.#send(encodeError([FROM_WORKER.broken], error, "what the initializer threw"));
      await this.#channel.drained();
      this.#leave(1);
    }
  }

  #task([, number, id, kind, values]: TaskMessage): Promise<void> | void {
    this.#lastNumber = number;
    if (!this.#claims!.begin(number)) return;
    const fn = this.#functions.get(id)!;
    if (!fn.loaded) return this.#loadFirst(fn, number, kind, values);
    return this.#apply(fn.loaded, number, kind, values);
  }

  async #loadFirst(
    fn: WorkerFunction,
    number: number,
    kind: Kind,
    values: unknown[],
  ): Promise<void> {
    try {
      fn.loaded = await loadTarget(fn.reference);
    } catch (error) {
      return this.#answer(encodeFailure(number, error));
    }
    await this.#apply(fn.loaded, number, kind, values);
  }

  #apply(fn: Callable, number: number, kind: Kind, values: unknown[]): Promise<void> | void {
    let result: unknown;
    try {
      result = apply(fn, kind, values);
    } catch (error) {
      return this.#answer(encodeFailure(number, error));
    }
    if (isThenable(result)) return this.#await(result, number, kind);
    return this.#answer(encodeResult(number, kind, result));
  }

  async #await(result: PromiseLike<unknown>, number: number, kind: Kind): Promise<void> {
    let answer: Encoded;
    try {
      answer = encodeResult(number, kind, await result);
    } catch (error) {
      answer = encodeFailure(number, error);
    }
    await this.#answer(answer);
  }

  /** Hands the answer to the kernel: only then may the next task begin. */
  #answer(answer: Encoded): Promise<void> | void {
    this.#send(answer);
    if (this.#channel.waiting > 0) return this.#channel.drained();
  }

  #send(message: Encoded): void {
    this.#channel.sendEncoded(message);
    this.#channel.flush();
  }

  /** A task came whose arguments cannot be read here: it has the next number. */
  #unreadable(error: unknown): Promise<void> | void {
    const number = this.#lastNumber = nextNumber(this.#lastNumber);
    if (!this.#claims) throw error;
    if (!this.#claims.begin(number)) return;
    return this.#answer(encodeFailure(number, error));
  }
}

/**
 * Before a worker ends by itself, it ends what its tasks have started: as a subreaper, it has all of that below it
 * while it lives. The claim tells the pool that this was done; otherwise the pool looks for itself.
 */
function leaveNothing(claim: ClaimWord): void {
  let over = false;
  addEndRule({
    order: ORDER.processes,
    exit: () => {
      if (over) return;
      over = true;
      if (!hasChildren() || endBelow()) noteNothingLeft(claim.word);
    },
  });
}

/** @returns whether nothing is left */
function endBelow(): boolean {
  const schedule = { steps: [{ signal: SIGTERM, wait: GRACE_MS }] };
  return endBlocking(new Termination({ below: [ownPid()] }, schedule));
}
