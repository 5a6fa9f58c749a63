import type { Callable } from "../process/load_function.ts";
import { KIND, type Kind, type Settled } from "./protocol.ts";

/**
 * Applies a function to the values of a task.
 * @returns a promise only where the function gave one: most do not, and waiting costs more than they do
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

/** Notes an error in the place of a result. */
export function failAt([results, failed, errors]: Settled, at: number, error: unknown): void {
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

/** What a function throws at once fails as late as what it rejects. */
// deno-lint-ignore require-await
async function later(fn: One, value: unknown): Promise<unknown> {
  return fn(value);
}
