// Pure: words as a shell, cron and base/split_words.ts read them.

export function shellWord(word: string): string {
  return /^[\w%+,\-./:=@^]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** @param word `K=V`, whose name needs no quotes */
export function assignmentWord(word: string): string {
  const equals = word.indexOf("=");
  return `${word.slice(0, equals)}=${shellWord(word.slice(equals + 1))}`;
}
