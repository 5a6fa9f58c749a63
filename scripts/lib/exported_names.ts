// What modules export: each name means one thing, and is used elsewhere.
import { blank, lineAt } from "./blank.ts";

export interface SourceFile {
  /** Relative to the clone, with forward slashes: `src/libc/processes/spawn.ts`. */
  path: string;
  text: string;
}

export interface Problem {
  path: string;
  line: number;
  message: string;
}

export const EXPORTED =
  /^export (?:default )?(?:declare )?(?:async )?(?:abstract )?(?:class|function\*?|const|let|interface|type|enum) +([A-Za-z_]\w*)/gm;

/** If a name is exported twice, readers must look up which one is meant. */
export function checkNames(files: readonly SourceFile[]): Problem[] {
  const first = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { path, text } of files) {
    const code = blank(text, "comments and strings");
    for (const match of code.matchAll(EXPORTED)) {
      const name = match[1];
      const other = first.get(name);
      if (other === undefined) first.set(name, path);
      // Overloads, and a type beside a value of the same name.
      else if (other !== path) {
        const message = `exports ${name}, as ${other} does: give one of them another name`;
        problems.push({ path, line: lineAt(code, match.index), message });
      }
    }
  }
  return problems;
}

/** An export that only its own file uses should not be one. Types are exempt: signatures need them. */
export function checkUse(files: readonly SourceFile[], users: readonly SourceFile[]): Problem[] {
  const usedIn = new Map<string, number>();
  for (const { text } of [...files, ...users]) {
    const words = new Set(blank(text, "comments").match(/[A-Za-z_]\w*/g));
    for (const word of words) usedIn.set(word, (usedIn.get(word) ?? 0) + 1);
  }
  return files.flatMap(({ path, text }) => {
    const code = blank(text, "comments and strings");
    return [...code.matchAll(EXPORTED)]
      .filter(([whole, name]) => !/\b(?:interface|type)\b/.test(whole) && usedIn.get(name) === 1)
      .map((match) => ({
        path,
        line: lineAt(code, match.index),
        message: `exports ${match[1]}, which nobody else uses`,
      }));
  });
}
