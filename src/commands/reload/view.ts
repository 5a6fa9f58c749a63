import { EXIT } from "../../base/exit_codes.ts";
import type { Display } from "../../cli/options.ts";
import { print, printJson, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { ReloadOutcome } from "../../keeper/stop/reload_kept.ts";
import { errorText } from "../kept/run.ts";

/** @returns the exit status */
export function tellReload(outcome: ReloadOutcome, { json, quiet }: Display): number {
  const done = outcome.is === "reloaded";
  if (json) printJson(reloadJson(outcome, done));
  else if (!done) warn(`imp reload: ${textOf(outcome)}`);
  else if (!quiet) print(textOf(outcome));
  if (outcome.is === "failed") return outcome.error.exit;
  return done ? EXIT.done : EXIT.no;
}

// docs/stop.md describes these objects: names are only ever added.

function reloadJson(outcome: ReloadOutcome, done: boolean): Record<string, unknown> {
  const { name, ms } = outcome;
  const base = { name, result: outcome.is, done, ms };
  switch (outcome.is) {
    case "reloaded": {
      const { pid, by, told, notes } = outcome;
      return { ...base, pid, by, told, notes };
    }
    case "not reloaded":
      return { ...base, reason: outcome.reason };
    case "failed":
      return { ...base, error: outcome.error.message, hint: outcome.error.hint ?? null };
    default:
      return base;
  }
}

function textOf(outcome: ReloadOutcome): string {
  const { name } = outcome;
  switch (outcome.is) {
    case "reloaded": {
      const { pid, by, told, notes } = outcome;
      const what = told
        ? "reloaded"
        : by === "HUP"
        ? `HUP sent to pid ${pid}`
        : `'${printable(by)}' has run`;
      return [`${name}: ${what}`, ...notes.map((note) => `  ${note}`)].join("\n");
    }
    case "not running":
      return `${name}: not running`;
    case "not reloaded":
      return `${name}: not reloaded: ${printable(outcome.reason)}`;
    case "interrupted":
      return `${name}: it has not reported yet that it is done`;
    case "failed":
      return errorText(outcome.error);
  }
}
