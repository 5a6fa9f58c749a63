import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { proseWidth } from "../../cli/width.ts";
import { wrapText } from "../../cli/table.ts";
import type { Finding, Grade } from "../../doctor/finding.ts";

const INDENT = " ".repeat(10);

const MANY: Record<Grade, string> = {
  good: "good",
  note: "notes",
  unknown: "unknown",
  warning: "warnings",
  problem: "problems",
};

/**
 * Problems come last, so that they are visible after the screen has scrolled.
 * @param detailed also what is good, and what each finding means
 */
export function doctorView(
  findings: readonly Finding[],
  detailed: boolean,
  style: Style,
  width: number,
): string[] {
  const prose = proseWidth(width);
  const order: Grade[] = ["good", "note", "unknown", "warning", "problem"];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.grade) - order.indexOf(b.grade));
  const counts = order.toReversed().flatMap((grade) => {
    const n = findings.filter((finding) => finding.grade === grade).length;
    return n > 0 ? [`${n} ${n === 1 ? grade : MANY[grade]}`] : [];
  });
  const shown = detailed ? sorted : sorted.filter(({ grade }) => grade !== "good");
  const good = findings.length - shown.length;
  const hint = good === 0 ? "" : shown.length === 0 ? " (imp doctor --all)" : " (--all shows all)";
  return [
    ...shown.flatMap((finding) => entry(finding, detailed, style, prose)),
    ...(shown.length > 0 ? [""] : []),
    ...wrapText(style.bold(counts.join(", ")) + style.dim(hint), prose),
  ];
}

function entry(
  { check, grade, fact, meaning, advice }: Finding,
  detailed: boolean,
  style: Style,
  width: number,
): string[] {
  const color = colorOf(grade, style);
  const lines = wrapText(`${check}: ${printable(fact)}`, width, INDENT);
  const [first, ...rest] = lines;
  return [
    color(grade.padEnd(INDENT.length)) + first.slice(INDENT.length),
    ...rest,
    ...(detailed ? wrapText(printable(meaning), width, INDENT).map(style.dim) : []),
    ...(advice ? wrapText(`-> ${printable(advice)}`, width, INDENT) : []),
  ];
}

function colorOf(grade: Grade, style: Style): (text: string) => string {
  switch (grade) {
    case "good":
      return style.green;
    case "note":
      return style.cyan;
    case "problem":
      return style.red;
    default:
      return style.yellow;
  }
}
