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
