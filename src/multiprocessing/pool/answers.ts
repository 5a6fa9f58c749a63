import { encode, type Encoded, encodeTuple, UnsendableError } from "../wire/codec.ts";
import { withoutOwnFrames } from "../process/own_frames.ts";
import { failAt } from "./apply.ts";
import { FROM_WORKER, KIND, type Kind, type Settled } from "./protocol.ts";
import { whyUnsendable } from "../wire/unsendable.ts";

export function encodeResult(number: number, kind: Kind, result: unknown): Encoded {
  try {
    return encodeTuple([FROM_WORKER.done, number, result]);
  } catch (error) {
    if (kind !== KIND.settle) return encodeFailure(number, named(error, result, "the result"));
    return encode([FROM_WORKER.done, number, withoutUnsendable(result as Settled)]);
  }
}

/** Of results that cannot all be sent those that can. */
function withoutUnsendable([results, failed, errors]: Settled): Settled {
  const settled: Settled = [[], [], []];
  for (let i = 0; i < results.length; i++) {
    const at = failed.indexOf(i);
    const why = whyUnsendable(
      at < 0 ? results[i] : errors[at],
      at < 0 ? "the result" : "what was thrown",
    );
    if (why) failAt(settled, i, new UnsendableError(why));
    else if (at >= 0) failAt(settled, i, errors[at]);
    else settled[0].push(results[i]);
  }
  return settled;
}

export function encodeFailure(number: number, error: unknown): Encoded {
  trimStack(error);
  return encodeError([FROM_WORKER.failed, number], error, "what was thrown");
}

/** An error that cannot be sent gives way to one that says so. */
export function encodeError(head: number[], error: unknown, name: string): Encoded {
  try {
    return encode([...head, error]);
  } catch (problem) {
    return encodeProblem(head, named(problem, error, name), name);
  }
}

/** What reading a value threw may be anything, too. */
function encodeProblem(head: number[], problem: unknown, name: string): Encoded {
  try {
    return encode([...head, problem]);
  } catch {
    return encode([...head, new UnsendableError(`${name} cannot be sent to another process`)]);
  }
}

/** Frozen objects and proxies may refuse to be read or changed. */
function trimStack(error: unknown): void {
  try {
    if (!(error instanceof Error) || typeof error.stack !== "string") return;
    const value = withoutOwnFrames(error.stack);
    Reflect.defineProperty(error, "stack", { value, writable: true, configurable: true });
  } catch {
    // It is sent as it is.
  }
}

function named(problem: unknown, value: unknown, name: string): unknown {
  if (!(problem instanceof UnsendableError)) return problem;
  try {
    const why = whyUnsendable(value, name);
    return why ? new UnsendableError(why) : problem;
  } catch {
    return problem;
  }
}
