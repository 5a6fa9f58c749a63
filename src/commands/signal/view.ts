import { EXIT } from "../../base/exit_codes.ts";
import type { Display } from "../../cli/options.ts";
import { print, printJson, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { SignalOutcome } from "../../keeper/stop/signal_kept.ts";
import { errorText } from "../kept/run.ts";

/** @returns the exit status */
export function tellSignal(
  outcome: SignalOutcome,
  signal: string,
  command: string,
  { json, quiet }: Display,
): number {
  const done = outcome.is === "sent" && outcome.refused.length === 0;
  if (json) printJson(signalJson(outcome, signal, done));
  else if (!done) warn(`${command}: ${textOf(outcome, signal)}`);
  else if (!quiet) print(textOf(outcome, signal));
  if (outcome.is === "failed") return outcome.error.exit;
  return done ? EXIT.done : EXIT.no;
}

// docs/stop.md describes these objects: names are only ever added.

function signalJson(
  outcome: SignalOutcome,
  signal: string,
  done: boolean,
): Record<string, unknown> {
  const base = { name: outcome.name, result: outcome.is, done, signal };
  switch (outcome.is) {
    case "sent":
      return { ...base, pids: outcome.pids, refused: outcome.refused, notes: outcome.notes };
    case "failed":
      return { ...base, error: outcome.error.message, hint: outcome.error.hint ?? null };
    default:
      return base;
  }
}

function textOf(outcome: SignalOutcome, signal: string): string {
  const { name } = outcome;
  switch (outcome.is) {
    case "not running":
      return `${name}: not running`;
    case "failed":
      return errorText(outcome.error);
    case "sent": {
      const { pids, refused, notes } = outcome;
      const whom = pids.length === 1 ? `pid ${pids[0]}` : `${pids.length} processes`;
      return [
        `${name}: ${signal} sent to ${whom}`,
        ...notes.map((note) => `  ${note}`),
        ...refused.map(({ pid, comm, user, why }) =>
          `  ${pid} ${printable(comm)} (user ${user}): ${why}`
        ),
      ].join("\n");
    }
  }
}
