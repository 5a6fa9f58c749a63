import { Cell, type Outcome } from "./outcome.ts";

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
