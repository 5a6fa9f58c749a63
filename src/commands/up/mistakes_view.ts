import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { nearestWord } from "../../cli/report.ts";
import { displayWidth } from "../../cli/table.ts";
import type { Mistake } from "../../project/mistakes.ts";
import { otherKey } from "./other_keys.ts";

const LONGEST_LINE = 120;

/** Reports all of them at once. @throws ImpError if there are any */
export async function refuseMistakes(file: string, mistakes: readonly Mistake[]): Promise<void> {
  if (mistakes.length === 0) return;
  const details: string[] = [];
  for (const mistake of mistakes) details.push(...await linesOf(mistake));
  const [{ at }] = mistakes;
  const many = mistakes.length === 1 ? "it has a mistake" : `it has ${mistakes.length} mistakes`;
  const why = at.file === file ? many : `${many}, with the files that it includes`;
  throw new ImpError({ action: "use", object: file, why, details, exit: EXIT.usage });
}

async function linesOf({ at, message, hint, word, known = [] }: Mistake): Promise<string[]> {
  const nearest = word === undefined
    ? undefined
    : otherKey(word, known) ?? await nearestWord(word, known);
  const help = nearest === undefined ? hint : `did you mean ${nearest}?`;
  const number = String(at.line);
  const shown = at.text.slice(0, LONGEST_LINE).replaceAll("\t", " ");
  const before = " ".repeat(displayWidth(shown.slice(0, at.column - 1)));
  return [
    `${at.file}:${number}:${at.column}: ${message}`,
    ...shown.trim() === "" || at.column > LONGEST_LINE
      ? []
      : [`  ${number} | ${shown}`, `  ${" ".repeat(number.length)} | ${before}^`],
    ...help ? [`  ${help}`] : [],
  ];
}
