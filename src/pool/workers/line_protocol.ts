// What imp and a worker say to each other: records on the worker's stdin, answers on its stdout.
import { type Boundary, Splitter } from "../source/input.ts";
import { textOf } from "../source/item_jobs.ts";
import type { Job } from "../types.ts";

/** What came from a worker. */
export type WorkerAnswer =
  /** It has begun its work: records can be given to it. */
  | { readonly kind: "ready" }
  | { readonly kind: "value"; readonly bytes: Uint8Array }
  /** Its function threw; `text` is the stack. */
  | { readonly kind: "error"; readonly text: string }
  /** It can never work: no worker of this program can. */
  | { readonly kind: "hopeless"; readonly exit: number; readonly text: string };

/** Takes answers out of the bytes of one worker. */
export interface AnswerDecoder {
  push(chunk: Uint8Array): void;
  /** @returns undefined when more bytes must come first. @throws ImpError for what is no answer */
  take(): WorkerAnswer | undefined;
  /** The worker has ended by itself, well: what it wrote last is an answer even if its end is missing. */
  rest(): Uint8Array | undefined;
}

export interface WorkerProtocol {
  /** The worker says when it is ready. */
  readonly greets: boolean;
  /** Comes after each answer on imp's stdout. */
  readonly terminator: Uint8Array;
  /** @returns the bytes to send; a reason for which this item cannot be sent */
  encode(job: Job): Uint8Array | string;
  decoder(worker: string): AnswerDecoder;
}

/** Lines, or what another delimiter ends: any program that answers each with exactly one. */
export class LineProtocol implements WorkerProtocol {
  readonly greets = false;

  /** @param terminator what ends a record, in both directions */
  constructor(private readonly boundary: Boundary, readonly terminator: Uint8Array) {}

  encode(job: Job): Uint8Array | string {
    const text = textOf(job);
    if (this.boundary.find(text, 0, text.length) >= 0) {
      return "the item holds what ends a record; use -0 or -d if the worker can read that";
    }
    const line = new Uint8Array(text.length + this.terminator.length);
    line.set(text);
    line.set(this.terminator, text.length);
    return line;
  }

  decoder(worker: string): AnswerDecoder {
    const lines = new Splitter(this.boundary, `the answers of ${worker}`);
    const next = (): Uint8Array | undefined => {
      const line = lines.take();
      return typeof line === "string" ? undefined : line;
    };
    return {
      push: (chunk) => lines.push(chunk),
      take() {
        const bytes = next();
        return bytes && { kind: "value", bytes };
      },
      rest() {
        lines.finish();
        return next();
      },
    };
  }
}
