/** One character of a terminal, and its style: names of classes, such as `b`, `d`, `c2`. */
export interface Cell {
  readonly text: string;
  readonly look: string;
}

const SEQUENCE =
  // deno-lint-ignore no-control-regex
  /\x1b\[([?\d;]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|\x1b[=>]|[\r\n\b\x07]/y;

/**
 * Emulates the part of a terminal that imp uses: colours, clearing, moving up and home.
 * @returns the lines, without empty ones at the end
 */
export function screenOf(output: string): Cell[][] {
  const lines: Cell[][] = [[]];
  let row = 0, column = 0, look = "";
  const put = (text: string) => {
    const line = lines[row];
    while (line.length < column) line.push({ text: " ", look: "" });
    line[column++] = { text, look };
  };
  const go = (to: number) => {
    row = Math.max(0, to);
    while (lines.length <= row) lines.push([]);
  };
  for (let at = 0; at < output.length;) {
    SEQUENCE.lastIndex = at;
    const found = SEQUENCE.exec(output);
    if (!found) {
      const text = String.fromCodePoint(output.codePointAt(at)!);
      put(text);
      at += text.length;
      continue;
    }
    at += found[0].length;
    const [all, words, kind] = found;
    const count = Number(words) || 1;
    if (all === "\n") go(row + 1);
    else if (all === "\r") column = 0;
    else if (all === "\b") column = Math.max(0, column - 1);
    else if (kind === "m") look = lookAfter(look, words);
    else if (kind === "K") lines[row].length = Math.min(column, lines[row].length);
    else if (kind === "J") {
      if (words === "2" || words === "3") lines.splice(0, lines.length, []), go(row);
      else {
        lines[row].length = Math.min(column, lines[row].length);
        lines.length = row + 1;
      }
    } else if (kind === "A") go(row - count);
    else if (kind === "B") go(row + count);
    else if (kind === "C") column += count;
    else if (kind === "G") column = count - 1;
    else if (kind === "H") {
      const [y, x] = words.split(";").map(Number);
      go((y || 1) - 1);
      column = (x || 1) - 1;
    }
  }
  while (lines.length > 1 && lines.at(-1)!.every(({ text }) => text === " ")) lines.pop();
  return lines;
}

function lookAfter(look: string, words: string): string {
  const looks = new Set(look.split(" ").filter((one) => one !== ""));
  for (const code of words.split(";").map(Number)) {
    if (code === 0) looks.clear();
    else if (code === 1) looks.add("b");
    else if (code === 2) looks.add("d");
    else if (code === 22) looks.delete("b"), looks.delete("d");
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
      for (const one of looks) if (one.startsWith("c")) looks.delete(one);
      looks.add(`c${code % 10}`);
    } else if (code === 39) { for (const one of looks) if (one.startsWith("c")) looks.delete(one); }
  }
  return [...looks].join(" ");
}
