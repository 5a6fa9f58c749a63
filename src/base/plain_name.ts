const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
const LONGEST = 64;

/**
 * Whether a daemon or semaphore may have this name: 1 to 64 letters, digits, `.`, `_` and `-`, not beginning with `.`
 * or `-`. It can be part of a file name and needs no quotes.
 */
export function isPlainName(name: string): boolean {
  if (name.length === 0 || name.length > LONGEST || name[0] === "." || name[0] === "-") {
    return false;
  }
  // By hand: the first regular expression of a process costs more than all of this.
  for (let i = 0; i < name.length; i++) if (!CHARACTERS.includes(name[i])) return false;
  return true;
}
