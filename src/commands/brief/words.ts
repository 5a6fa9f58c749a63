/**
 * Commands that run often: for people and scripts, and for each event of a daemon. scripts/build.ts makes a bundle of
 * src/commands/brief/ for each.
 */
export const BRIEF = ["list", "status", "keeper-turn"];

const OPTIONS = ["--all", "--all-users", "--json", "--quiet", "-q"];

/**
 * Pure. The bundle that a command line needs. Undefined: the bundle of all commands, which also has help, diagnostics
 * and rare options.
 * @param name argv[0]: a link to imp may be a command itself
 */
export function briefBundle(name: string, words: readonly string[]): string | undefined {
  const [command, ...own] = words;
  const isPlain = (name === "imp" || name.endsWith("/imp")) && BRIEF.includes(command) &&
    // main.ts finds the bytes of words that are not UTF-8.
    own.every((word) => word[0] === "-" ? OPTIONS.includes(word) : !word.includes("\uFFFD"));
  return isPlain ? command : undefined;
}
