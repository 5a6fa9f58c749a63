/**
 * Commands that run often, or stay: for people and scripts, for containers, for each event of a daemon. scripts/build.ts
 * makes a bundle of src/commands/brief/ for each.
 */
export const BRIEF = ["list", "status", "daemon", "init", "keeper-turn", "watch"];

/**
 * Pure. The bundle that a command line needs. Undefined: the bundle of all commands.
 * @param name argv[0]: a link to imp may be a command itself
 */
export function briefBundle(name: string, words: readonly string[]): string | undefined {
  const [command] = words;
  const isPlain = (name === "imp" || name.endsWith("/imp")) && BRIEF.includes(command) &&
    // main.ts finds the bytes of words that are not UTF-8.
    !words.some((word) => word.includes("\uFFFD"));
  return isPlain ? command : undefined;
}
