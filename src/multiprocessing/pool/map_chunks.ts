import { Cell, type Outcome } from "./outcome.ts";

import { valueInMessage } from "../process/arguments.ts";

/** Each worker gets about that many chunks of a map: few enough to be cheap, enough to even out slow ones. */
const CHUNKS_PER_WORKER = 4;

/** CPython's rule for how many items of a map make one task (Lib/multiprocessing/pool.py, Pool._map_async). */
export function chunkSize(items: number, workers: number): number {
  return Math.ceil(items / (CHUNKS_PER_WORKER * workers));
}

/** @throws RangeError for what is no positive whole number */
export function checkedChunkSize(size: number): number {
  return positive(size, "chunkSize");
}

/** @throws RangeError that names the option */
export function positive(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `${name} must be a whole number of at least 1, not ${valueInMessage(value)}`,
  );
}

/** Gathers the chunks of a map: all results in their order or, once every chunk is done, the first error that came. */
export class MapResult<R> {
  readonly cell = new Cell<R[]>();
  #chunks: R[][];
  #left: number;
  #failure: (Outcome<never> & { ok: false }) | undefined;

  constructor(chunks: number) {
    this.#chunks = new Array(chunks);
    this.#left = chunks;
    if (chunks === 0) this.#finish();
  }

  settle(chunk: number, outcome: Outcome<R[]>): void {
    if (outcome.ok) this.#chunks[chunk] = outcome.value;
    else this.#failure ??= outcome;
    if (--this.#left === 0) this.#finish();
  }

  #finish(): void {
    this.cell.settle(this.#failure ?? { ok: true, value: this.#joined() });
    this.#chunks = [];
  }

  #joined(): R[] {
    // Of few chunks one long list is made faster by concat than by flat, of one chunk it is that chunk.
    const [first = [], ...others] = this.#chunks;
    return others.length === 0 ? first : first.concat(...others);
  }
}
