/** A word as bash, zsh and dash read it back unchanged. */
export function quote(word: string): string {
  // A word that begins with `=` or `~` means something else to zsh.
  if (/^[\w./:@%+,-][\w./:@%+,=-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/** The longest line that a terminal in canonical mode takes, its newline included; termios(3). */
export const LONGEST_LINE = 4095;

/**
 * What must be typed so that the shell reads `line`: the terminal would take control characters for itself (Ctrl-C,
 * erase, end of file), unless Ctrl-V comes before each. A newline needs none, the shell asks for the rest.
 */
export function keystrokes(line: string): string {
  const CTRL_V = "\x16";
  // deno-lint-ignore no-control-regex
  return `${line.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, (character) => CTRL_V + character)}\n`;
}
