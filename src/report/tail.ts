const MOST_LINES = 12;
const MOST_CHARACTERS = 1600;

/** This many bytes at the end of a stream hold all that {@link tailOf} shows. */
export const TAIL_BYTES = 4 * MOST_CHARACTERS;

/** The last lines of a job's output: of stderr, or of stdout if stderr is empty. */
export function tailOf([out, err]: readonly [string, string]): string {
  const text = (err.trim() === "" ? out : err).trimEnd();
  const lines = text.split("\n").slice(-MOST_LINES).join("\n");
  if (lines.length <= MOST_CHARACTERS) return lines;
  return `…${lines.slice(-MOST_CHARACTERS)}`;
}
