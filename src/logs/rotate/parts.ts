// Pure: how the old parts of a log are called, and how they make room. web.log.1 is the newest.

/** A log's old part by its number, from 1 on. */
export function partName(name: string, number: number): string {
  return `${name}.${number}`;
}

/** The copy of what is about to be cut off, until it becomes part 1. */
export function cutName(name: string): string {
  return `${name}.cut`;
}

/** The numbers of a log's parts among the names in its directory, the oldest part first. */
export function partsAmong(names: readonly string[], name: string): number[] {
  const numbers = names.flatMap((one) => {
    if (!one.startsWith(`${name}.`)) return [];
    const rest = one.slice(name.length + 1);
    return /^[1-9]\d{0,5}$/.test(rest) ? [Number(rest)] : [];
  });
  return numbers.sort((a, b) => b - a);
}

export interface Shift {
  readonly remove: readonly number[];
  /** In this order. */
  readonly rename: readonly (readonly [from: number, to: number])[];
}

/**
 * What makes room for a new part 1. Where a number is free, as after a kill in the middle of this, those above it stay: done
 * again it does no harm.
 * @param parts as {@link partsAmong} has them
 * @param keep so many are to be there afterwards, with the new one
 */
export function shiftParts(parts: readonly number[], keep: number): Shift {
  const there = new Set(parts);
  let free = 1;
  while (there.has(free)) free++;
  const remove = parts.filter((number) => number > keep || (number === keep && free > keep));
  const last = Math.min(free, keep);
  const rename: [number, number][] = [];
  for (let number = last - 1; number >= 1; number--) rename.push([number, number + 1]);
  return { remove, rename };
}
