import type { Callable } from "../process/load_function.ts";
import { FROM_WORKER, KIND, type Kind, type Settled } from "./outcome.ts";
import { encode, type Encoded, encodeTuple, UnsendableError } from "../wire/codec.ts";
import { withoutOwnFrames } from "../process/own_frames.ts";
import { whyUnsendable } from "../wire/unsendable.ts";

/**
 * Applies a function to the values of a task.
 * @returns a promise only if the function returned one: most do not, and waiting costs more than they do
 */
export function apply(fn: Callable, kind: Kind, values: unknown[]): unknown {
  switch (kind) {
    case KIND.call:
      return fn(...values);
    case KIND.each:
      return applyEach((value) => fn(value), values);
    case KIND.spread:
      return applyEach((value) => fn(...value as unknown[]), values);
    case KIND.settle:
      return settleEach(fn, values);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Records an error in place of a result. */
function failAt([results, failed, errors]: Settled, at: number, error: unknown): void {
  results.push(undefined);
  failed.push(at);
  errors.push(error);
}

type One = (value: unknown) => unknown;

function applyEach(fn: One, values: unknown[]): unknown[] | Promise<unknown[]> {
  const results: unknown[] = [];
  for (let i = 0; i < values.length; i++) {
    const result = fn(values[i]);
    if (isThenable(result)) return applyRest(fn, values, results, result);
    results.push(result);
  }
  return results;
}

async function applyRest(
  fn: One,
  values: unknown[],
  results: unknown[],
  first: PromiseLike<unknown>,
): Promise<unknown[]> {
  results.push(await first);
  while (results.length < values.length) results.push(await fn(values[results.length]));
  return results;
}

function settleEach(fn: One, values: unknown[]): Settled | Promise<Settled> {
  const settled: Settled = [[], [], []];
  const [results] = settled;
  for (let i = 0; i < values.length; i++) {
    try {
      const result = fn(values[i]);
      if (isThenable(result)) return settleRest(fn, values, settled, result);
      results.push(result);
    } catch (error) {
      failAt(settled, i, error);
    }
  }
  return settled;
}

async function settleRest(
  fn: One,
  values: unknown[],
  settled: Settled,
  first: PromiseLike<unknown>,
): Promise<Settled> {
  const [results] = settled;
  for (let next: unknown = first;;) {
    try {
      results.push(await next);
    } catch (error) {
      failAt(settled, results.length, error);
    }
    if (results.length === values.length) return settled;
    next = later(fn, values[results.length]);
  }
}

/** What a function throws at once fails as late as what it rejects with. */
// deno-lint-ignore require-await
async function later(fn: One, value: unknown): Promise<unknown> {
  return fn(value);
}

export function encodeResult(number: number, kind: Kind, result: unknown): Encoded {
  try {
    return encodeTuple([FROM_WORKER.done, number, result]);
  } catch (error) {
    if (kind !== KIND.settle) return encodeFailure(number, named(error, result, "the result"));
    return encode([FROM_WORKER.done, number, withoutUnsendable(result as Settled)]);
  }
}

/** If not all results can be sent, those that can. */
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

/** An error that cannot be sent is replaced by one that says so. */
export function encodeError(head: number[], error: unknown, name: string): Encoded {
  try {
    return encode([...head, error]);
  } catch (problem) {
    return encodeProblem(head, named(problem, error, name), name);
  }
}

/** Reading a value may itself throw anything. */
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
