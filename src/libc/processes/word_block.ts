/** Words for an argument list as one piece of memory: a hundred thousand objects would take many times as much. */
export interface WordBlock {
  /** Each word with a NUL behind it. */
  readonly bytes: Uint8Array;
  /** How many words. */
  readonly count: number;
  /** One holds a NUL itself: no argument can. */
  readonly holdsNul: boolean;
  /** Each word by itself, as a view. */
  words(): Uint8Array[];
}

/** Whether words are one by one, or many at once. */
export function isBlock(word: string | Uint8Array | WordBlock): word is WordBlock {
  return typeof word === "object" && "holdsNul" in word;
}
