// The protocol between imp and a worker: records on the worker's stdin, answers on its stdout.
import { type Boundary, Splitter } from "../source/input.ts";
import { textOf } from "../source/item_jobs.ts";
import type { Job } from "../types.ts";

/** A message from a worker. */
export type WorkerAnswer =
  /** It is ready for records. */
  | { readonly kind: "ready" }
  | { readonly kind: "value"; readonly bytes: Uint8Array }
  /** Its function threw; `text` is the stack. */
  | { readonly kind: "error"; readonly text: string }
  /** It can never work, and neither can others of this program. */
  | { readonly kind: "hopeless"; readonly exit: number; readonly text: string };

/** Decodes answers from one worker's bytes. */
export interface AnswerDecoder {
  push(chunk: Uint8Array): void;
  /** @returns undefined if more bytes must come first. @throws ImpError for an invalid answer */
  take(): WorkerAnswer | undefined;
  /** The worker has ended successfully: its last output is an answer even without the terminator. */
  rest(): Uint8Array | undefined;
}

export interface WorkerProtocol {
  /** The worker reports when it is ready. */
  readonly greets: boolean;
  /** Follows each answer on imp's stdout. */
  readonly terminator: Uint8Array;
  /** @returns the bytes to send; or why this item cannot be sent */
  encode(job: Job): Uint8Array | string;
  decoder(worker: string): AnswerDecoder;
}

/** Lines, or records with another delimiter: any program that answers each with exactly one. */
export class LineProtocol implements WorkerProtocol {
  readonly greets = false;

  /** @param terminator ends a record, in both directions */
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
