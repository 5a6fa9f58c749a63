import { EXIT } from "../../base/exit_codes.ts";
import { printable } from "../../cli/printable.ts";
import type { StartKeptOutcome } from "../../keeper/start/start_outcome.ts";
import { differenceLines } from "../../keeper/start/settings_difference.ts";
import { isStopDone } from "../../keeper/stop/stop_outcome.ts";
import type { UpResult } from "../../project/bring_up.ts";
import type { PlanStep } from "../../project/plan.ts";
import { errorText } from "../kept/run.ts";
import { asKeys } from "./as_keys.ts";
import { startExit, startJson, startText } from "../start/view.ts";
import { stopJson, stopText } from "../stop/view.ts";

/** Undefined: it is as good as started. */
export function startFailure(outcome: StartKeptOutcome): string | undefined {
  if (startExit(outcome, { acceptRunning: true }) === EXIT.done) return undefined;
  switch (outcome.is) {
    case "not started":
      return outcome.reason;
    case "failed":
      return outcome.error.message;
    case "overtaken":
      return `'${outcome.by}' intervened`;
    case "scheduled":
    case "watching":
      return outcome.failure;
    default:
      return outcome.is;
  }
}

export function upExit(result: UpResult): number {
  switch (result.is) {
    case "started":
      return exitOfMany(startExit(result.outcome, { acceptRunning: true }));
    case "stays":
      return EXIT.done;
    case "at boot":
      return result.outcome.is === "failed" ? result.outcome.error.exit : EXIT.done;
    case "stopped":
      return isStopDone(result.outcome) ? EXIT.done : EXIT.no;
    case "removed":
      return result.outcome.is === "removed"
        ? EXIT.done
        : result.outcome.is === "failed"
        ? result.outcome.error.exit
        : EXIT.no;
    default:
      return EXIT.no;
  }
}

/** 126 and 127 are reserved for the single program that a command is given. */
function exitOfMany(exit: number): number {
  return exit === EXIT.cannotExecute || exit === EXIT.notFound ? EXIT.no : exit;
}

/** The outcome of a step, for people. */
export function resultText(step: PlanStep, result: UpResult): string {
  const { name } = step;
  switch (result.is) {
    case "started":
      return startedText(step, result.outcome);
    case "stays":
      return `${name}: unchanged${keepingText(step)}`;
    case "at boot":
      if (result.outcome.is === "failed") return errorText(result.outcome.error);
      return `${name}: unchanged${bootText(step)}${keepingText(step)}`;
    case "stopped":
      return stopText(result.outcome);
    case "removed": {
      const { outcome } = result;
      if (outcome.is === "failed") return `${name}: ${errorText(outcome.error)}`;
      if (outcome.is === "not stopped") return stopText(outcome.outcome);
      return `${name}: ${outcome.stopped ? "stopped and removed" : "removed"}`;
    }
    case "refused":
      return refusalText(step);
    case "held back": {
      const done = step.does === "restart" ? "restarted" : "started";
      const { way, why } = result;
      return `${name}: not ${done}: it depends on ${way.join(", that on ")}: ${printable(why)}`;
    }
    case "not begun":
      return `${name}: not begun`;
  }
}

function startedText(step: PlanStep, outcome: StartKeptOutcome): string {
  const { name } = step;
  if (outcome.is === "not stopped") return stopText(outcome.outcome);
  if (outcome.is === "interrupted") return `${name}: not ready yet; its keeper goes on`;
  const text = startText(outcome, { nameOfProgram: false });
  if (step.does === "restart") return text.replace(`${name}: started,`, `${name}: restarted,`);
  return text;
}

/** The setting from now on. */
function bootText(step: PlanStep): string {
  const atBoot = "atBoot" in step ? step.atBoot : undefined;
  return atBoot === undefined ? "" : atBoot ? ", enabled at boot" : ", disabled at boot";
}

function refusalText(step: PlanStep): string {
  const { name } = step;
  const why = step.does !== "refuse" || step.unreadable
    ? "its settings on record cannot be read"
    : step.owner === undefined
    ? "a daemon of that name was started by hand: imp start"
    : `the daemon of that name belongs to ${printable(step.owner)}`;
  return `${name}: left alone: ${why}\n  use another name, or remove that one: imp remove --stop ${name}`;
}

/** A running program stays a child of the keeper that is left: the next start gives it a second one. */
function keepingText(step: PlanStep): string {
  const isSingle = step.does === "stay" && step.single;
  return isSingle ? `, but one of its two keepers is gone until imp restart ${step.name}` : "";
}

/** A plan, for people. */
export function planText(steps: readonly PlanStep[]): string[] {
  return steps.flatMap((step) => {
    const { name } = step;
    switch (step.does) {
      case "start":
      case "restart":
        return [
          `${name}: ${step.does}${step.because.length > 0 ? ", since it is to be changed" : ""}`,
          ...differenceLines(step.because).map((line) => `  ${printable(asKeys(line))}`),
        ];
      case "stay":
        return [
          `${name}: unchanged${step.ended ? ", has ended" : ""}${bootText(step)}${
            keepingText(step)
          }`,
        ];
      case "stop":
        return [`${name}: stop, since its profile was not asked for`];
      case "remove":
        return [`${name}: stop and remove, since the file does not have it`];
      case "refuse":
        return refusalText(step).split("\n");
    }
  });
}

/** What a summary counts, in this order. */
const COUNTED = [
  ["started", "started"],
  ["restarted", "restarted"],
  ["unchanged", "unchanged"],
  ["stopped", "stopped"],
  ["removed", "removed"],
  ["failed", "failed"],
  ["not begun", "not begun"],
] as const;

export function projectSummary(
  file: string,
  results: readonly { readonly step: PlanStep; readonly result: UpResult }[],
): string {
  const counts = new Map<string, number>();
  for (const { step, result } of results) {
    const kind = kindOf(step, result);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const parts = COUNTED.filter(([kind]) => counts.has(kind))
    .map(([kind, word]) => `${counts.get(kind)} ${word}`);
  return `${printable(file)}: ${parts.length > 0 ? parts.join(", ") : "it has no daemons"}`;
}

function kindOf(step: PlanStep, result: UpResult): (typeof COUNTED)[number][0] {
  if (result.is === "not begun") return "not begun";
  if (upExit(result) !== EXIT.done) return "failed";
  if (result.is === "started") return step.does === "restart" ? "restarted" : "started";
  return result.is === "stays" || result.is === "at boot"
    ? "unchanged"
    : result.is === "removed"
    ? "removed"
    : "stopped";
}

// docs/up.md describes these objects: names are only ever added.

export function planJson(step: PlanStep): Record<string, unknown> {
  const base = { name: step.name, step: step.does };
  switch (step.does) {
    case "start":
    case "restart":
      return { ...base, because: step.because };
    case "refuse":
      return { ...base, owner: step.owner ?? null };
    case "stay":
      return {
        ...base,
        ...step.single ? { single: true } : {},
        ...step.atBoot === undefined ? {} : { atBoot: step.atBoot },
      };
    default:
      return base;
  }
}

export function resultJson(step: PlanStep, result: UpResult): Record<string, unknown> {
  const base = { ...planJson(step), done: upExit(result) === EXIT.done };
  switch (result.is) {
    case "started":
      return { ...startJson(result.outcome, base.done), ...base };
    case "stopped":
      return { ...stopJson(result.outcome), ...base };
    case "removed":
      return {
        ...base,
        result: result.outcome.is,
        ...result.outcome.is === "failed" ? { error: result.outcome.error.message } : {},
      };
    case "at boot":
      return {
        ...base,
        result: result.outcome.is === "failed" ? "failed" : result.is,
        ...result.outcome.is === "failed" ? { error: result.outcome.error.message } : {},
      };
    case "held back":
      return { ...base, result: result.is, way: result.way, reason: result.why };
    default:
      return { ...base, result: result.is };
  }
}
