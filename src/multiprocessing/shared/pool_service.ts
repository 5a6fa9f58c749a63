import { PoolCore } from "../pool/core.ts";
import { PoolTerminated } from "../pool/errors.ts";
import type { KnownFunction } from "../pool/worker.ts";
import type { Kind } from "../pool/outcome.ts";
import { startWorker } from "../pool/worker_process.ts";
import type { PoolPlan } from "../pool/worker_set.ts";
import type { TargetReference } from "../process/target.ts";
import { type Call, failUnknown, type Holder, type Service } from "./service.ts";

/** The outcome of a task: its value or its error, and the worker's PID. */
export type TaskAnswer = [ok: boolean, value: unknown, pid?: number];

/** A pool in the process of a manager: it does the tasks of everybody connected to it. */
export class PoolService implements Service {
  private readonly core: PoolCore;
  private readonly functions = new Map<string, KnownFunction>();
  private readonly holders = new Set<Holder>();
  private ended = false;

  /** @throws ImpError if its workers cannot be started */
  constructor(plan: PoolPlan) {
    this.core = new PoolCore(plan, startWorker);
  }

  get size(): number {
    return this.core.plan.size;
  }

  call(call: Call): void {
    if (!call.holder.local) this.holders.add(call.holder);
    switch (call.method) {
      case "enter":
        return call.reply();
      case "task":
        return this.submit(call);
      case "pids":
        return call.reply(this.core.pids);
      case "close":
        this.core.close();
        return call.reply();
      case "terminate":
        this.core.terminate();
        return call.reply();
      case "join":
        return void this.join(call);
      default:
        return failUnknown(call);
    }
  }

  /** Its process is about to end. */
  end(): void {
    this.ended = true;
    this.core.terminate();
  }

  /** No request to it has a timeout. */
  cancel(): void {}

  /** The pool ends with the last one who could give it work, or take results. */
  gone(holder: Holder): void {
    if (this.holders.delete(holder) && this.holders.size === 0) this.end();
  }

  private submit(call: Call): void {
    const [reference, kind, values] = call.args as [TargetReference, Kind, unknown[]];
    const answer = (...parts: TaskAnswer) => call.reply(parts);
    // It was given before, and has come by another way than the end.
    if (this.ended) return answer(false, new PoolTerminated());
    try {
      this.core.checkOpen();
    } catch (error) {
      return answer(false, error);
    }
    this.core.submit({
      fn: this.known(reference),
      kind,
      values,
      settle: (outcome, pid) =>
        outcome.ok ? answer(true, outcome.value, pid) : answer(false, outcome.error, pid),
    });
  }

  private async join(call: Call): Promise<void> {
    try {
      await this.core.join();
      call.reply();
    } catch (error) {
      call.fail(error as Error);
    }
  }

  private known(reference: TargetReference): KnownFunction {
    const { module, name = "", text = "" } = reference;
    return this.functions.getOrInsertComputed(
      `${module}#${name}#${text}`,
      () => ({ id: this.functions.size, reference }),
    );
  }
}
