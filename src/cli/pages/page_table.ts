import { displayWidth, wrapText } from "../table.ts";

const GAP = 2;
/** Narrower columns are hard to read. */
const NARROWEST = 14;

/**
 * A table with cells wrapped to fit the width; if columns would become too narrow, each row becomes a list of its
 * cells.
 */
export function fitTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const hasHeader = header.some((cell) => cell !== "");
  const all = hasHeader ? [header, ...rows] : rows;
  const natural = header.map((_, i) => Math.max(...all.map((cells) => displayWidth(cells[i]))));
  const longest = (cell: string) => Math.max(...cell.split(" ").map(displayWidth));
  const least = header.map((_, i) => Math.max(...all.map((cells) => longest(cells[i]))));
  const widths = fittingWidths(natural, least, width);
  if (!widths) return asLists(header, rows, width);
  const rule = widths.map((one) => "-".repeat(one));
  const ruled = hasHeader ? [header, rule, ...rows] : rows;
  return ruled.flatMap((cells) => {
    const wrapped = cells.map((cell, i) => wrapText(cell, widths[i]));
    const height = Math.max(1, ...wrapped.map((lines) => lines.length));
    return Array.from(
      { length: height },
      (_, line) =>
        wrapped.map((lines, i) => padded(lines[line] ?? "", widths[i])).join(" ".repeat(GAP))
          .trimEnd(),
    );
  });
}

/**
 * Shrinks the widest columns first, at most to their longest words.
 * @returns undefined if a column would become too narrow
 */
function fittingWidths(
  natural: readonly number[],
  least: readonly number[],
  width: number,
): number[] | undefined {
  const widths = [...natural];
  const narrowest = natural.map((most, i) => Math.min(most, Math.max(NARROWEST, least[i])));
  let over = widths.reduce((sum, one) => sum + one, 0) - (width - GAP * (natural.length - 1));
  for (; over > 0; over--) {
    const widest = widths.reduce(
      (best, one, i) => one > narrowest[i] && (best < 0 || one > widths[best]) ? i : best,
      -1,
    );
    if (widest < 0) return undefined;
    widths[widest]--;
  }
  return widths;
}

function asLists(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  return rows.flatMap((cells) => {
    const [first, ...others] = cells;
    const lines = others.flatMap((cell, i) => {
      if (cell === "") return [];
      const name = header[i + 1];
      return wrapText(name ? `${name}: ${cell}` : cell, width, "    ");
    });
    return [...wrapText(first, width), ...lines];
  });
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}
