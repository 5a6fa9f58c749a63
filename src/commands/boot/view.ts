import type { BootStep, Installation } from "../../boot/boot_installation.ts";
import type { BootNote } from "../../boot/boot_notes.ts";
import { type BootPlace, unitPath } from "../../boot/boot_place.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { wrapText } from "../../cli/table.ts";
import { outputWidth, proseWidth } from "../../cli/width.ts";
import type { BootDecision } from "../../keeper/boot/boot_decision.ts";

/** What the next boot does with a daemon. */
export interface NextBoot {
  readonly name: string;
  readonly decision: BootDecision;
}

const HEADINGS: Record<Installation["installed"], string> = {
  none: "Nothing is installed yet. imp boot --install does this:",
  current: "Installed. There is nothing to do.",
  outdated: "What is installed differs from what this imp writes. imp boot --install does this:",
  "not enabled": "The unit is written but not enabled. imp boot --install does this:",
  foreign: "Not installed: imp does not overwrite what it did not write:",
};

const AT_NEXT: Record<BootDecision, string> = {
  start: "is started",
  runs: "is started",
  disabled: "is left alone: disabled",
  stopped: "is left alone: stopped",
  over: "is left alone: it has finished, and is not enabled",
  unknown: "is left alone: no record says what is wanted",
};

export function bootView(
  { installation, notes, next }: {
    installation: Installation;
    notes: readonly BootNote[];
    next: readonly NextBoot[];
  },
  style: Style,
): string[] {
  const { installed, why, steps } = installation;
  const prose = proseWidth(outputWidth());
  return [
    ...wrapText(HEADINGS[installed], prose),
    ...why === undefined ? [] : wrapText(printable(why), prose, "  "),
    ...steps.flatMap((step) => ["", ...stepLines(step, style)]),
    "",
    ...nextLines(next, prose),
    ...notes.flatMap((
      { sentence },
    ) => ["", ...wrapText(noteLine(sentence), prose).map((line) => style.yellow(line))]),
  ];
}

/** A sentence of its own. */
export function noteLine(sentence: string): string {
  return `note: ${printable(sentence)}`;
}

/** What was done, one per line. */
export function doneText(steps: readonly BootStep[], nothing: string): string {
  return steps.length === 0 ? nothing : steps.map((step) => {
    switch (step.do) {
      case "write":
        return `wrote ${printable(step.path)}`;
      case "remove":
        return `removed ${printable(step.path)}`;
      case "run":
        return `ran ${shellLine(step.words)}`;
      case "add line":
        return "added a line to the crontab";
      case "take out line":
        return "took the line out of the crontab";
    }
  }).join("\n");
}

function stepLines(step: BootStep, style: Style): string[] {
  const indented = (text: string) =>
    text.trimEnd().split("\n").map((line) => style.dim(`  | ${printable(line)}`.trimEnd()));
  switch (step.do) {
    case "write":
      return [`write ${printable(step.path)}`, ...indented(step.text)];
    case "remove":
      return [`remove ${printable(step.path)}`];
    case "run":
      return [`run ${shellLine(step.words)}`];
    case "add line":
    case "take out line":
      return [
        `${step.do === "add line" ? "add to" : "take out of"} the crontab`,
        ...indented(step.line),
      ];
  }
}

function nextLines(next: readonly NextBoot[], width: number): string[] {
  if (next.length === 0) return ["There is no kept daemon to start."];
  const longest = Math.max(...next.map(({ name }) => name.length));
  return [
    "At the next boot, as things stand:",
    ...next.flatMap(({ name, decision }) => {
      const whole = `  ${name.padEnd(longest)}  ${AT_NEXT[decision]}`;
      return whole.length <= width
        ? [whole]
        : [`  ${name}`, ...wrapText(AT_NEXT[decision], width, "    ")];
    }),
  ];
}

// docs/boot.md describes these objects: names are only ever added.

export function bootJson(
  place: BootPlace,
  { kind, installed, why, steps }: Installation,
  notes: readonly BootNote[],
  next: readonly NextBoot[],
): Record<string, unknown> {
  return {
    kind,
    installed,
    path: kind === "systemd" ? unitPath(place) : null,
    why: why ?? null,
    steps,
    notes,
    daemons: next.map(({ name, decision }) => ({ name, atNextBoot: decision })),
  };
}
