import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { describeEnding, type Ending } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { StartFailures } from "../../workers/start_failures.ts";
import type { TreeEnding } from "../process/tree_endings.ts";
import type { Collector } from "./collector.ts";
import type { Dispatcher, RecordQueue } from "./dispatcher.ts";
import type { RecordOutcomes } from "./record_reports.ts";
import { resultOf, type SentRecord, type Worker } from "./worker.ts";
import type { WorkerSettings } from "./worker_settings.ts";
import type { WorkerProcesses } from "./worker_processes.ts";
import type { Job } from "../types.ts";

/**
 * After so many workers in a row that end without having begun a record, no worker of this program is expected to work.
 */
const MOST_FRUITLESS = 5;

/** Decides what becomes of an ended worker's records. */
export class Deaths<J extends Job = Job> {
  /** A worker failed although it owed no answer. */
  troubled = false;
  /** Counts workers that have not begun a record; `answered` is the number of answers at the last look. */
  private readonly fruitless = new StartFailures(MOST_FRUITLESS);
  private answered = 0;
  private stopped = false;
  /** Records returned once without blame. */
  private readonly spared = new Set<number>();

  constructor(
    private readonly settings: WorkerSettings,
    private readonly processes: WorkerProcesses<J>,
    private readonly queue: RecordQueue<J>,
    private readonly dispatcher: Dispatcher<J>,
    private readonly collector: Collector<J>,
    private readonly outcomes: RecordOutcomes<J>,
  ) {}

  /** The pool stops: nothing is decided any more. */
  stop(): void {
    this.stopped = true;
  }

  /** A worker has ended. @returns whether others of its tree are left: its records must wait for their end */
  ended(worker: Worker<J>, ending: Ending): boolean {
    const well = endedWell(ending);
    this.collector.finish(worker, well);
    if (this.stopped) return false;
    worker.transport.settleUnread();
    const tree = worker.ending ?? (well ? undefined : this.remainsOf(worker));
    const kept = tree && this.processes.trees.wait(tree, worker.jobs, () => {
      this.over(worker, ending);
      this.processes.release(worker);
    });
    if (!kept) this.over(worker, ending);
    return kept ?? false;
  }

  /** Remains of a failed worker: its records are not tried again beside them. */
  private remainsOf(worker: Worker<J>): TreeEnding | undefined {
    const { processes } = this;
    if (!this.settings.pool.retry || !processes.hasLeftovers()) return undefined;
    return processes.trees.beginRest(processes.treeOf(worker), runtime.now());
  }

  /** Nothing of its tree is left. */
  private over(worker: Worker<J>, ending: Ending): void {
    if (this.stopped) return;
    if (this.collector.answered > this.answered) this.fruitless.succeeded();
    this.answered = this.collector.answered;
    const { books, late } = worker;
    const verdict = this.judge(worker, ending);
    const { lost, unbegun } = books.settle(verdict === "charged" ? books.firstNumber : NOBODY);
    // First of all: the pool may give up for what follows.
    this.queue.giveBack(unbegun.map(({ attempt }) => attempt));
    if (lost) this.charge(worker, lost, ending);
    else if (!late) this.endedIdle(worker, ending);
  }

  private judge(worker: Worker<J>, ending: Ending): DeathVerdict {
    const { books, late } = worker;
    const head = books.first?.attempt;
    // It may have answered that one after all.
    if (late) return head === late ? "charged" : "untouched";
    const verdict = judgeDeath({
      lengths: books.unanswered.map(({ length }) => length),
      unread: worker.transport.unread(),
      ending,
      answered: books.answered,
      exact: this.settings.program.protocol.greets,
      spared: head !== undefined && this.spared.delete(head.order),
    });
    if (verdict === "spared") this.spared.add(head!.order);
    return verdict;
  }

  /** The record that it had begun has failed. */
  private charge(worker: Worker<J>, { attempt }: SentRecord<J>, ending: Ending): void {
    this.fruitless.succeeded();
    const [by, why] = worker.late
      ? ["timeout", "its time was up"] as const
      : endedWell(ending)
      ? ["no answer", "ended without answering it"] as const
      : ["itself", describeEnding(ending)] as const;
    const result = resultOf(worker, attempt, { by, ending });
    this.outcomes.failed(result, attempt.order, worker.shown, `${worker.name}: ${why}`);
  }

  /** It had begun nothing. @throws ImpError if none of its kind ever does */
  private endedIdle(worker: Worker<J>, ending: Ending): void {
    const well = endedWell(ending);
    const how = describeEnding(ending);
    if (!well && this.dispatcher.isDone) this.troubled = true;
    const isReady = worker.books.ready;
    // Of those that imp ended itself it has told already.
    if (!well && !worker.ending && this.fruitless.none) {
      const when = isReady ? "while it had nothing to do" : "before it had loaded its module";
      this.settings.warn(`${worker.name} ended ${when}: ${how}`);
    }
    const expected = isReady
      ? worker.transport.inputClosed || worker.ending || (well && worker.books.answered > 0)
      : worker.ending && !worker.isStuck;
    if (!expected && this.fruitless.failed(true)) throw noneLives(this.settings, how);
  }
}

/** The number of no record. */
const NOBODY = -1;

/** An ended worker, as far as its records are concerned. */
export interface WorkerDeath {
  /** Bytes of each unanswered record, in the order sent. */
  readonly lengths: readonly number[];
  /** How many of these bytes it had not read, as counted by the kernel in the pipe. */
  readonly unread: number;
  readonly ending: Ending;
  /** How many records it answered in all. */
  readonly answered: number;
  /** It uses frames, or another protocol in which a record that was read was certainly begun. */
  readonly exact: boolean;
  /** The first record has already been returned once without blame. */
  readonly spared: boolean;
}

export type DeathVerdict = "nothing" | "untouched" | "spared" | "charged";

/**
 * What becomes of a worker's unanswered records: `charged`: the first one fails with the worker's end; `spared`:
 * another worker gets it, but only this once; `untouched`: none of it was read. The others were never begun, since a
 * worker answers in order: another worker gets them.
 */
export function judgeDeath(death: WorkerDeath): DeathVerdict {
  const { lengths, unread, ending, answered, exact, spared } = death;
  if (lengths.length === 0) return "nothing";
  let all = 0;
  for (const length of lengths) all += length;
  if (unread >= all) return "untouched";
  // A program that ends by itself after some records has often read more than it began: stdio reads whole blocks.
  const resigned = !exact && answered > 0 && ending.how === "exit" && ending.code === 0;
  return resigned && !spared ? "spared" : "charged";
}

function endedWell(ending: Ending): boolean {
  return ending.how === "exit" && ending.code === 0;
}

function noneLives({ program }: WorkerSettings, how: string): ImpError {
  const row = `${MOST_FRUITLESS} workers in a row ended`;
  if (program.module !== undefined) {
    return new ImpError({
      action: "load",
      object: program.module,
      why: `${row} before they had loaded it, the last one: ${how}`,
      exit: EXIT.cannotExecute,
    });
  }
  return new ImpError({
    action: "work with",
    object: program.file,
    why: `${row} without having read a record, the last one: ${how}`,
    hint: "a worker reads records on stdin until its end, and answers each with one line",
    exit: EXIT.failed,
  });
}
