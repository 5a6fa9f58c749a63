/** A line to other processes. */
interface Line {
  /** Where no event loop will run any more: the other side is told at once. */
  cut(): void;
}

/** Those that are in use. */
export const linesInUse = new Set<Line>();

/** This process serves nobody any more, though it is still there: whoever waits for it would wait for ever. */
export function cutLines(): void {
  for (const line of linesInUse) line.cut();
}
