import { readBook, writeBook } from "./book.ts";
import type { BookKeeper } from "./rotate/cut.ts";
import type { LogPlace, LogStream } from "./place.ts";

/** The book of a log, in its daemon's directory. */
export function bookKeeper(
  { directory }: Pick<LogPlace, "directory">,
  stream: LogStream,
): BookKeeper {
  return {
    read: () => readBook(directory, stream),
    write: (book) => writeBook(directory, stream, book),
  };
}
