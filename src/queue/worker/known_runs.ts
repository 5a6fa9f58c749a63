import { decodeRunOrder, decodeRunSetup, type RunOrder, type RunSetup } from "../run_records.ts";
import type { QueueSubjects } from "../names.ts";
import type { StreamCalls } from "../stream_calls.ts";

/** What a worker must know about a run before it begins one of its jobs. */
export interface KnownRun {
  /** Undefined: it was removed. */
  readonly setup: RunSetup | undefined;
  order: RunOrder;
}

/** How many runs are remembered. */
const MOST_RUNS = 1000;

/** The runs whose jobs a worker has seen: fetched once, with later orders applied. */
export class KnownRuns {
  private readonly runs = new Map<string, KnownRun>();
  private readonly asked = new Map<string, ((run: KnownRun) => void)[]>();
  /** Orders that came while a run was being fetched. */
  private readonly fresh = new Map<string, RunOrder>();

  constructor(
    private readonly calls: StreamCalls,
    private readonly subjects: QueueSubjects,
    /** The stream of runs. */
    private readonly stream: string,
  ) {}

  /** @param then called at once if the run is known */
  about(run: string, then: (known: KnownRun) => void): void {
    const known = this.runs.get(run);
    if (known) return then(known);
    const waiting = this.asked.get(run);
    if (waiting) return void waiting.push(then);
    this.asked.set(run, [then]);
    this.calls.lastForSure(this.stream, this.subjects.run(run, "setup"), (setup) => {
      this.calls.lastForSure(this.stream, this.subjects.run(run, "order"), (order) => {
        const given = this.fresh.get(run) ?? (order && decodeRunOrder(order)) ?? "go on";
        this.learn(run, { setup: setup && decodeRunSetup(setup), order: given });
      });
    });
  }

  /** A request about a run. */
  ordered(run: string, data: Uint8Array): RunOrder | undefined {
    const order = decodeRunOrder(data);
    if (!order) return undefined;
    const known = this.runs.get(run);
    if (known) known.order = order;
    else if (this.asked.has(run)) this.fresh.set(run, order);
    return order;
  }

  /** The connection was lost: orders may have been missed. */
  forget(): void {
    this.runs.clear();
  }

  private learn(run: string, known: KnownRun): void {
    this.fresh.delete(run);
    if (this.runs.size >= MOST_RUNS) this.runs.delete(this.runs.keys().next().value!);
    this.runs.set(run, known);
    const waiting = this.asked.get(run) ?? [];
    this.asked.delete(run);
    for (const then of waiting) then(known);
  }
}
