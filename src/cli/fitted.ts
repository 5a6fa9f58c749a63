// Messages that fit the terminal. Loaded only where there is something to say.
import { windowSize } from "../libc/descriptors/tty.ts";
import { warn } from "./output.ts";
import { displayWidth, wrapText } from "./table.ts";

/** A line to copy must stay one line: the terminal breaks it, and joins it again when it is selected. */
const COPIED = /^\s+(?:perhaps you mean|for example|for a shell): /;
/** What a program wrote, and words with several spaces in a row. */
const AS_IT_IS = /^\s*\||\S {2,}\S/;

/** {@link warn} for sentences: on a terminal, longer lines are wrapped at spaces. */
export function warnFitted(text: string): void {
  const columns = windowSize(2)?.columns || Infinity;
  warn(fittedLines(text.split("\n"), columns).join("\n"));
}

/** Pure: each line is wrapped, its continuations indented by at least two columns. */
export function fittedLines(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => {
    if (displayWidth(line) <= width || COPIED.test(line) || AS_IT_IS.test(line)) return [line];
    const indent = /^\s*/.exec(line)![0];
    const further = indent || "  ";
    // The first line may be as long as it would be with the indent of the others.
    const [first, ...rest] = wrapText(line, width - indent.length);
    return [
      indent + first,
      ...wrapText(rest.join(" "), width, further),
    ];
  });
}
