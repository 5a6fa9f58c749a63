// How long an argument list may be; execve(2), "Limits on size of arguments and environment".

/** A word may not be longer, its NUL included: 32 pages of 4 KiB. */
export const LONGEST_WORD = 131_072;
/** Whatever the stack limit, so much is allowed, and not more than so much. */
const LEAST = 131_072;
const MOST = 6 * 1024 * 1024;
const POINTER = 8;

/**
 * How many bytes the words of a program may take, by {@link wordsCost}.
 * @param stack the soft limit of the stack in bytes, Infinity for none
 * @param environment the words of the environment
 * @param path the file that is executed; the kernel keeps its name too
 */
export function argumentRoom(
  stack: number,
  environment: readonly { readonly length: number }[],
  path: { readonly length: number },
): number {
  const limit = Math.max(LEAST, Math.min(MOST, Math.floor(stack / 4)));
  return limit - (path.length + 1) - wordsCost(environment);
}

/** What words take of the room: each with its NUL and a pointer to it. */
export function wordsCost(words: readonly { readonly length: number }[]): number {
  let cost = 0;
  for (let i = 0; i < words.length; i++) cost += words[i].length + 1 + POINTER;
  return cost;
}

/** Why no program can be given these words. */
export type ArgumentProblem =
  /** Known before execve(2) says so, for the error can name the item. */
  | "E2BIG"
  /** Arguments end at their first NUL: the program would get less than the item. */
  | "NUL";

export function argumentProblem(
  words: readonly Uint8Array[],
  room: number,
): ArgumentProblem | undefined {
  let cost = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word.length >= LONGEST_WORD) return "E2BIG";
    if (word.indexOf(0) >= 0) return "NUL";
    cost += word.length + 1 + POINTER;
  }
  return cost > room ? "E2BIG" : undefined;
}
