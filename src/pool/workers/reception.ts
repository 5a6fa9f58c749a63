import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { describeEnding, type Ending } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Attempt } from "../retries.ts";
import type { TreeEnding } from "../tree_endings.ts";
import type { Accounts } from "./accounts.ts";
import type { Desk } from "./desk.ts";
import type { Foreman } from "./foreman.ts";
import { hopelessError } from "./frames.ts";
import type { Answer } from "./protocol.ts";
import type { Relay } from "./relay.ts";
import type { WorkerSettings } from "./settings.ts";
import type { Staff } from "./staff.ts";
import { judgeDeath } from "./verdict.ts";
import type { Sent, Worker } from "./worker.ts";

/** So many workers in a row that end without having begun a record: no worker of this program lives. */
const MOST_FRUITLESS = 5;
/** A worker that writes without end must not keep imp from the others. */
const MOST_READS = 4;
const MOST_SHOWN = 100;

/** Takes the answers of workers, and judges what becomes of the records of one that has ended. */
export class Reception {
  /** Answers that have come. */
  answered = 0;
  /** A worker ended badly although it owed nothing. */
  troubled = false;
  private fruitless = 0;
  private stopped = false;
  /** Records that were given back once without blame. */
  private readonly spared = new Set<number>();

  constructor(
    private readonly settings: WorkerSettings,
    private readonly staff: Staff,
    private readonly desk: Desk,
    private readonly foreman: Foreman,
    private readonly accounts: Accounts,
    private readonly relay: Relay,
  ) {}

  /** What comes from now on counts no more. */
  stop(): void {
    this.stopped = true;
  }

  /** Takes in what workers have written. */
  listen(): void {
    for (const [worker, stream] of this.staff.ready()) {
      if (stream === "stderr") {
        if (!this.relay.read(worker)) this.staff.unwatch(worker.pipes.stderr);
      } else if (stream === "stdin") this.foreman.send(worker);
      else this.read(worker);
    }
  }

  /** A worker has ended. @returns whether others of its tree are left: its records have to wait for their end */
  ended(worker: Worker, ending: Ending): boolean {
    worker.drain();
    this.relay.finish(worker);
    if (this.stopped) return false;
    this.takeAnswers(worker);
    const well = endedWell(ending);
    const rest = well ? worker.decoder.rest() : undefined;
    if (rest && rest.length > 0) this.take(worker, { kind: "value", bytes: rest });
    worker.settleUnread();
    const tree = worker.ending ?? (well ? undefined : this.remainsOf(worker));
    const kept = tree && this.staff.trees.wait(tree, worker.jobs, () => {
      this.over(worker, ending);
      this.staff.release(worker);
    });
    if (!kept) this.over(worker, ending);
    return kept ?? false;
  }

  /** What a worker that failed has left: its records are not tried again beside it. */
  private remainsOf(worker: Worker): TreeEnding | undefined {
    const { processes, trees } = this.staff;
    if (!this.settings.pool.retry || !processes.hasLeftovers()) return undefined;
    return trees.beginRest(processes.treeOf(worker), runtime.now());
  }

  private over(worker: Worker, ending: Ending): void {
    if (this.stopped) return;
    const flight = worker.flight.splice(0);
    const charged = worker.late
      ? this.chargeLate(worker, ending, flight)
      : this.judge(worker, ending, flight);
    const returned = flight.map(({ attempt }) => attempt);
    this.desk.giveBack(charged ? returned.slice(1) : returned);
  }

  private read(worker: Worker): void {
    for (let reads = 0; reads < MOST_READS; reads++) {
      const more = worker.read();
      if (more === undefined) break;
      if (more) continue;
      this.staff.unwatch(worker.pipes.stdout);
      this.foreman.leaves(worker);
      break;
    }
    if (!this.stopped) this.takeAnswers(worker);
  }

  private takeAnswers(worker: Worker): void {
    const before = worker.answered;
    for (let next = worker.decoder.take(); next; next = worker.decoder.take()) {
      this.take(worker, next);
      if (this.stopped) return;
    }
    if (worker.answered === before) return;
    const now = runtime.now();
    worker.pace.answered(worker.answered - before, now);
    worker.heard = now;
    if (worker.retiring) this.foreman.retire(worker);
  }

  private take(worker: Worker, answer: Answer): void {
    if (answer.kind === "hopeless") throw hopelessError(answer.exit, answer.text);
    if (answer.kind === "ready") {
      worker.ready = true;
      worker.heard = runtime.now();
      return;
    }
    const sent = worker.flight.shift();
    if (!sent) throw unasked(worker, answer.kind === "value" ? answer.bytes : answer.text);
    this.fruitless = 0;
    this.answered++;
    worker.answered++;
    if (answer.kind === "value") this.accounts.value(worker, sent.attempt, answer.bytes);
    else this.accounts.error(worker, sent.attempt, answer.text);
    // In the same moment it begins the next one.
    worker.begins();
  }

  /** @returns whether its first record has failed */
  private chargeLate(worker: Worker, ending: Ending, flight: readonly Sent[]): boolean {
    const head = flight[0]?.attempt;
    // It had answered that one after all.
    if (!head || worker.late !== head) return false;
    this.fail(worker, head, { by: "timeout", ending }, "its time was up");
    return true;
  }

  /** @returns whether its first record has failed */
  private judge(worker: Worker, ending: Ending, flight: readonly Sent[]): boolean {
    const head = flight[0]?.attempt;
    const well = endedWell(ending);
    const how = describeEnding(ending);
    const verdict = judgeDeath({
      lengths: flight.map(({ length }) => length),
      unread: worker.unread(),
      ending,
      answered: worker.answered,
      exact: this.settings.program.protocol.greets,
      spared: head !== undefined && this.spared.delete(head.order),
    });
    if (verdict === "charged") {
      if (well) this.fail(worker, head, { by: "no answer", ending }, "ended without answering it");
      else this.fail(worker, head, { by: "itself", ending }, how);
      return true;
    }
    if (verdict === "spared") this.spared.add(head.order);
    if (!well && this.foreman.isDone) this.troubled = true;
    // Of those that imp ended itself it has told already.
    if (!well && !worker.ending && this.fruitless === 0) {
      this.settings.warn(`${worker.name} ended while it had nothing to do: ${how}`);
    }
    const expected = worker.inputClosed || worker.ending || (well && worker.answered > 0);
    if (!expected && ++this.fruitless >= MOST_FRUITLESS) throw noneLives(this.settings, how);
    return false;
  }

  private fail(
    worker: Worker,
    attempt: Attempt,
    end: { by: "timeout" | "no answer" | "itself"; ending: Ending },
    why: string,
  ): void {
    this.fruitless = 0;
    this.accounts.failed(worker, attempt, end, `${worker.name}: ${why}`);
  }
}

function endedWell(ending: Ending): boolean {
  return ending.how === "exit" && ending.code === 0;
}

function unasked(worker: Worker, answer: Uint8Array | string): ImpError {
  const text = typeof answer === "string"
    ? answer
    : new TextDecoder().decode(answer.subarray(0, MOST_SHOWN));
  const number = worker.answered + 1;
  return new ImpError({
    action: "match answers to records",
    why: `${worker.name} has written more than one line for a record`,
    details: [`  its answer ${number}, to ${worker.given} records: ${JSON.stringify(text)}`],
    hint:
      "a worker answers each record with exactly one line; earlier answers of this one may belong " +
      "to other records than it seems",
    exit: EXIT.failed,
  });
}

function noneLives({ program }: WorkerSettings, how: string): ImpError {
  return new ImpError({
    action: "work with",
    object: program.file,
    why:
      `${MOST_FRUITLESS} workers in a row ended without having read a record, the last one: ${how}`,
    hint: "a worker reads records on stdin until its end, and answers each with one line",
    exit: EXIT.failed,
  });
}
