import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { readSome } from "../../libc/descriptors/files.ts";
import { unreadBytes } from "../../libc/descriptors/pipe.ts";
import { runtime } from "../../runtime/mod.ts";
import { concat, EMPTY } from "../bytes.ts";
import type { OutputWriter } from "../output/writer.ts";
import { hopelessError } from "./call_protocol.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { WorkerAnswer } from "./line_protocol.ts";
import type { RecordOutcomes } from "./record_reports.ts";
import { ANSWERED, resultOf, THROWN, type Worker } from "./worker.ts";
import type { WorkerProcesses } from "./worker_processes.ts";
import type { Job } from "../types.ts";

/** One worker that keeps writing must not starve the others. */
const MOST_READS = 4;
const MOST_SHOWN = 100;

/** Reads workers' output: answers, and stderr. */
export class Collector<J extends Job = Job> {
  /** Answers received. */
  answered = 0;
  private stopped = false;

  constructor(
    private readonly processes: WorkerProcesses<J>,
    private readonly dispatcher: Dispatcher<J>,
    private readonly outcomes: RecordOutcomes<J>,
    private readonly relay: StderrRelay,
  ) {}

  /** From now on, output is ignored. */
  stop(): void {
    this.stopped = true;
  }

  /** Reads what workers have written. */
  listen(): void {
    for (const [worker, stream] of this.processes.ready()) {
      if (stream === "stderr") {
        if (!this.relay.read(worker)) this.processes.unwatch(worker.transport.pipes.stderr);
      } else if (stream === "stdin") this.dispatcher.send(worker);
      else this.read(worker);
    }
  }

  /** Reads the last output of an ended worker. @param well its last answer may lack its terminator */
  finish(worker: Worker<J>, well: boolean): void {
    worker.drain();
    this.relay.finish(worker);
    if (this.stopped) return;
    const now = runtime.now();
    this.takeAnswers(worker, now);
    const rest = well ? worker.decoder.rest() : undefined;
    if (rest && rest.length > 0) this.take(worker, { kind: "value", bytes: rest }, now);
  }

  private read(worker: Worker<J>): void {
    for (let reads = 0; reads < MOST_READS; reads++) {
      const more = worker.read();
      if (more === undefined) break;
      if (more) continue;
      this.processes.unwatch(worker.transport.pipes.stdout);
      this.dispatcher.leaves(worker);
      break;
    }
    if (!this.stopped) this.takeAnswers(worker, runtime.now());
  }

  private takeAnswers(worker: Worker<J>, now: number): void {
    const { books, decoder } = worker;
    const before = books.answered;
    for (let next = decoder.take(); next; next = decoder.take()) {
      this.take(worker, next, now);
      if (this.stopped) return;
    }
    if (books.answered === before) return;
    books.pace.answered(books.answered - before, now);
    worker.heard = now;
    if (books.leaving) this.dispatcher.retire(worker);
  }

  private take(worker: Worker<J>, answer: WorkerAnswer, now: number): void {
    if (answer.kind === "hopeless") throw hopelessError(answer.exit, answer.text);
    if (answer.kind === "ready") {
      worker.books.ready = true;
      worker.heard = now;
      return;
    }
    const sent = worker.books.answer();
    if (!sent) throw unasked(worker, answer.kind === "value" ? answer.bytes : answer.text);
    this.answered++;
    const { attempt } = sent;
    if (answer.kind === "value") {
      const { bytes } = answer;
      const result = resultOf(worker, attempt, ANSWERED, bytes.length);
      this.outcomes.value(result, attempt.order, worker.shown, bytes);
    } else {
      const result = resultOf(worker, attempt, THROWN);
      this.outcomes.error(result, attempt.order, worker.shown, answer.text);
    }
    // In the same moment it begins the next one.
    worker.begins(now);
  }
}

function unasked({ name, books }: Worker, answer: Uint8Array | string): ImpError {
  const text = typeof answer === "string"
    ? answer
    : new TextDecoder().decode(answer.subarray(0, MOST_SHOWN));
  return new ImpError({
    action: "match answers to records",
    why: `${name} has written more than one line for a record`,
    details: [
      `  its answer ${books.answered + 1}, to ${books.given} records: ${JSON.stringify(text)}`,
    ],
    hint:
      "a worker answers each record with exactly one line; earlier answers of this one may belong " +
      "to other records than it seems",
    exit: EXIT.failed,
  });
}

const NEWLINE = 10;
/** Longer text without a newline is passed on as it is. */
const LONGEST_LINE = 1 << 20;

/** Passes on workers' stderr by whole lines. */
export class StderrRelay {
  private readonly rests = new Map<number, Uint8Array>();

  constructor(private readonly writer: Pick<OutputWriter, "push">) {}

  /** @returns false at the end */
  read(worker: Worker): boolean {
    const { stderr } = worker.transport.pipes;
    const chunk = readSome(stderr);
    if (typeof chunk === "number") return true;
    if (chunk.length === 0) return false;
    const rest = this.rests.get(stderr) ?? EMPTY;
    const newline = chunk.lastIndexOf(NEWLINE);
    const whole = newline >= 0 || rest.length > LONGEST_LINE;
    const end = newline >= 0 ? newline + 1 : whole ? chunk.length : 0;
    if (whole) this.push(concat([rest, chunk.subarray(0, end)]));
    this.rests.set(stderr, whole ? chunk.slice(end) : concat([rest, chunk]));
    return true;
  }

  /** The worker has ended: passes on its last output, even without a newline. */
  finish(worker: Worker): void {
    const { stderr } = worker.transport.pipes;
    for (let left = unreadBytes(stderr); left > 0 && this.read(worker); left -= 1 << 16);
    const rest = this.rests.get(stderr);
    if (rest && rest.length > 0) this.push(concat([rest, new Uint8Array([NEWLINE])]));
    this.rests.delete(stderr);
  }

  private push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.writer.push({ target: 2, bytes });
  }
}
