import { EXIT } from "../../base/exit_codes.ts";
import type { Display } from "../../cli/options.ts";
import { warnFitted } from "../../cli/fitted.ts";
import { print, printJson } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { RemoveOutcome } from "../../keeper/stop/remove_kept.ts";
import { errorText } from "../kept/run.ts";
import { stopJson, tellStop } from "../stop/view.ts";

/** @returns the exit status */
export function tellRemoval(outcome: RemoveOutcome, display: Display): number {
  const { json, quiet } = display;
  if (json) printJson(removalJson(outcome));
  switch (outcome.is) {
    case "failed":
      if (!json) warnFitted(`imp remove: ${errorText(outcome.error)}`);
      return outcome.error.exit;
    case "not stopped":
      if (!json) tellStop(outcome.outcome, "imp remove", display);
      if (!json) warnFitted(`imp remove: ${outcome.name}: not removed, since it was not stopped`);
      return EXIT.no;
    case "removed":
      if (!json && !quiet) print(textOf(outcome));
      return EXIT.done;
  }
}

// docs/stop.md describes these objects: names are only ever added.

function removalJson(outcome: RemoveOutcome): Record<string, unknown> {
  const base = { name: outcome.name, result: outcome.is, done: outcome.is === "removed" };
  switch (outcome.is) {
    case "removed":
      return { ...base, logs: outcome.logs, keptLogs: outcome.kept, stopped: outcome.stopped };
    case "not stopped":
      return { ...base, stop: stopJson(outcome.outcome) };
    case "failed":
      return { ...base, error: outcome.error.message, hint: outcome.error.hint ?? null };
  }
}

function textOf({ name, logs, kept, stopped }: RemoveOutcome & { is: "removed" }): string {
  return [
    `${name}: ${stopped ? "stopped and removed" : "removed"}`,
    ...logs.map((path) => `  removed ${printable(path)}`),
    ...kept.map((path) => `  kept ${printable(path)}`),
  ].join("\n");
}
