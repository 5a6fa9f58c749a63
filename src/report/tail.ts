const MOST_LINES = 12;
const MOST_CHARACTERS = 1600;

/** So many bytes at the end of a stream hold all that {@link tailOf} shows. */
export const TAIL_BYTES = 4 * MOST_CHARACTERS;

/** The last lines of what a job wrote: of stderr, and of stdout where that says nothing. */
export function tailOf([out, err]: readonly [string, string]): string {
  const text = (err.trim() === "" ? out : err).trimEnd();
  const lines = text.split("\n").slice(-MOST_LINES).join("\n");
  if (lines.length <= MOST_CHARACTERS) return lines;
  return `…${lines.slice(-MOST_CHARACTERS)}`;
}
