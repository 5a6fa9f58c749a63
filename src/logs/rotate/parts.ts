// Pure: the names of a log's old parts, and how they make room. web.log.1 is the newest.

/** A log's old part by number, from 1 on. */
export function partName(name: string, number: number): string {
  return `${name}.${number}`;
}

/** The copy of what is about to be cut off, until it becomes part 1. */
export function cutName(name: string): string {
  return `${name}.cut`;
}

/** The numbers of a log's parts among the names in its directory, oldest first. */
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
 * The renames that make room for a new part 1. If a number is free, as after a kill in the middle, those above it stay:
 * repeating it does no harm.
 * @param parts as returned by {@link partsAmong}
 * @param keep how many there will be, including the new one
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
