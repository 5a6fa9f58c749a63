import { looksLikeScript } from "../../libc/processes/program_file.ts";
import { readWords, valueOf } from "./words_of.ts";

/** Pure: what follows `screen` as imp's words. */
export function screenLine(words: readonly string[]): string[] | undefined {
  if (/^-(?:ls|list)$/.test(words[0] ?? "")) return ["list"];
  const read = readWords(words, [..."SpcehsTtX"], false);
  const name = valueOf(read, "S");
  const [first, ...more] = read.operands;
  if (["r", "x", "R", "D"].some((letter) => read.options.has(letter))) {
    return ["attach", first ?? name ?? "NAME"];
  }
  if (valueOf(read, "X") === "quit") return ["stop", name ?? "NAME"];
  if (read.options.has("X")) return ["attach", name ?? "NAME"];
  return session(name, first === undefined ? [] : [first, ...more]);
}

/** Pure: what follows `tmux` as imp's words. */
export function tmuxLine(words: readonly string[]): string[] | undefined {
  const [verb = "new", ...rest] = words;
  const read = readWords(rest, [..."tscnFxy"], false);
  const target = valueOf(read, "t") ?? read.operands[0] ?? "NAME";
  switch (verb) {
    case "new":
    case "new-session":
      return session(valueOf(read, "s"), read.operands);
    case "a":
    case "at":
    case "attach":
    case "attach-session":
      return ["attach", target];
    case "send":
    case "send-keys":
      return ["attach", target];
    case "kill-session":
      return ["stop", target];
    case "kill-server":
      return ["stop", "--all"];
    case "has":
    case "has-session":
      return ["status", target];
    case "ls":
    case "list-sessions":
      return ["list"];
  }
}

/** The words of tmux that are no command of imp's and mean nothing else. */
export const TMUX_WORDS = [
  ..."new new-session a attach-session send-keys kill-session kill-server has-session".split(" "),
  "list-sessions",
];

/** A daemon with a terminal of its own. A program that ends is done, as with screen and tmux. */
function session(name: string | undefined, program: readonly string[]): string[] {
  const [word] = program;
  const words = program.length === 0
    ? ["bash"]
    : program.length === 1 && (/\s/.test(word) || looksLikeScript(word))
    ? looksLikeScript(word) ? ["sh", "-c", word] : word.split(/\s+/)
    : program;
  return ["start", name ?? words[0], "--tty", "--restart", "no", "-C", ".", "--", ...words];
}
