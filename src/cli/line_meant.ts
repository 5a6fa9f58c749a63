import { assignmentWord, isAssignment, quotedWord } from "../base/shell_words.ts";
import { readAs } from "../libc/processes/program_file.ts";
import { shellLine } from "./printable.ts";

/** Commands with an option for variables; the others get env(1). */
const TAKE_VARIABLES = ["daemon", "start"];

/**
 * Pure: the line that works, quoted for a shell.
 * @param word at the place of a program
 * @param where the command, with the name before `--` if it has one: for a word that is not found in the line
 * @param line imp's whole command line
 * @param operands how the line ends: the program and its arguments, perhaps after other words
 */
export function lineMeant(
  word: string,
  where: string,
  line: readonly string[],
  operands: readonly string[],
): string {
  const command = where.split(" ")[1];
  const at = operands.indexOf(word);
  const begin = line.length - operands.length + at;
  if (at < 0 || line[begin] !== word) return [where, ...tail(command, word, [])].join(" ");
  const before = line.slice(0, line[begin - 1] === "--" ? begin - 1 : begin);
  return ["imp", shellLine(before), ...tail(command, word, line.slice(begin + 1))].join(" ");
}

function tail(
  command: string,
  word: string,
  after: readonly string[],
): readonly string[] {
  switch (readAs(word)) {
    case "script":
      // A shell needs it; imp does not.
      if (word === "exec" && after.length > 0) return ["--", ...quoted(after)];
      // The first word after a script is its $0.
      return [
        "--",
        "sh",
        "-c",
        quotedWord(word),
        ...after.length > 0 ? ["sh"] : [],
        ...quoted(after),
      ];
    case "assignment": {
      const end = after.findIndex((one) => !isAssignment(one));
      const more = end < 0 ? after : after.slice(0, end);
      const variables = [word, ...more].map(assignmentWord);
      const program = end < 0 ? ["PROGRAM"] : quoted(after.slice(end));
      return TAKE_VARIABLES.includes(command)
        ? [...variables.flatMap((one) => ["-E", one]), "--", ...program]
        : ["--", "env", ...variables, ...program];
    }
    default:
      return ["--", word, ...quoted(after)];
  }
}

function quoted(words: readonly string[]): string[] {
  return words.map((word) => shellLine([word]));
}
