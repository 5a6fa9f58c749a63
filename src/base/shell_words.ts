// Pure: words as a shell, cron and split_words.ts read them.

/** The text in single quotes. */
export function quotedWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The word, quoted only if needed. */
export function shellWord(word: string): string {
  return /^[\w%+,\-./:=@^]+$/.test(word) ? word : quotedWord(word);
}

/** Whether a shell would set a variable for this word at the beginning of a line. */
export function isAssignment(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word);
}

/** @param word `K=V` whose name needs no quotes */
export function assignmentWord(word: string): string {
  const equals = word.indexOf("=");
  return `${word.slice(0, equals)}=${shellWord(word.slice(equals + 1))}`;
}
