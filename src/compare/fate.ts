import type { MeasuredRow } from "./rows.ts";

/** What a style is good for, in one word. */
export type Fate =
  /** It did not outlive the terminal. */
  | "ended"
  /** It lives, and its output reaches a file. */
  | "kept output"
  /** It lives, but its output goes to the terminal that is gone. */
  | "lost terminal"
  /** It lives, its output goes to no file, nothing fails. */
  | "silent"
  /** It lives and has nothing in common with the shell. */
  | "daemon";

/** Judges one row by what was measured, whatever its style promises. */
export function fateOf({ before, after, shell }: MeasuredRow): Fate {
  if (!after.alive) return "ended";
  const { to, after: results } = after.output;
  const failed = Object.keys(results ?? {}).some((result) => result !== "ok");
  if (to?.kind === "terminal" || failed) return "lost terminal";
  const parted = before.sid !== shell.sid && before.tty === null && before.ppid !== shell.pid &&
    before.cwd !== shell.cwd && before.streams.every((stream) => stream?.kind !== "terminal");
  if (parted) return "daemon";
  return to?.kind === "file" || to?.kind === "pipe" ? "kept output" : "silent";
}
