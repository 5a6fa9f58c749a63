/** A position in a file. Lines and columns count from 1. */
export interface FilePosition {
  /** As it is shown to the user. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line. */
  readonly text: string;
}

/** Something in a file that cannot be used. */
export interface Mistake {
  readonly at: FilePosition;
  readonly message: string;
  readonly hint?: string;
  /** An unexpected word, for a suggestion. */
  readonly word?: string;
  readonly known?: readonly string[];
}

/** Collects mistakes, so that all are reported at once. */
export class Mistakes {
  private readonly found: Mistake[] = [];
  /** A file could not be read: the names in it are unknown. */
  hideNames = false;

  add(mistake: Mistake): void {
    this.found.push(mistake);
  }

  /** In the order of files, lines and columns, without duplicates. */
  get all(): readonly Mistake[] {
    const files = [...new Set(this.found.map(({ at }) => at.file))];
    const seen = new Set<string>();
    return this.found
      .toSorted((a, b) =>
        files.indexOf(a.at.file) - files.indexOf(b.at.file) || a.at.line - b.at.line ||
        a.at.column - b.at.column
      )
      .filter(({ at, message }) => {
        const key = `${at.file}:${at.line}:${at.column}:${message}`;
        return !seen.has(key) && seen.add(key);
      });
  }
}

/** The position of an offset in a text. */
export function filePositionAt(file: string, text: string, offset: number): FilePosition {
  const begin = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", begin);
  return {
    file,
    line: text.slice(0, begin).split("\n").length,
    column: offset - begin + 1,
    text: text.slice(begin, end < 0 ? undefined : end).replace(/\r$/, ""),
  };
}
