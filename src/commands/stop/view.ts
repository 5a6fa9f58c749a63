import { formatDuration } from "../../base/duration.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Display } from "../../cli/options.ts";
import { print, printJson, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { errorText } from "../kept/run.ts";
import { isStopDone, type StopOutcome, type Survivor } from "../../keeper/stop/stop_outcome.ts";

/**
 * Prints the outcome of one stop.
 * @param command for messages: `imp stop`
 * @returns its exit status
 */
export function tellStop(outcome: StopOutcome, command: string, { json, quiet }: Display): number {
  const done = isStopDone(outcome);
  if (json) printJson(stopJson(outcome));
  else if (!done) warn(`${command}: ${stopText(outcome)}`);
  else if (!quiet) print(stopText(outcome));
  if (outcome.is === "failed") return outcome.error.exit;
  const unrecorded = "unrecorded" in outcome ? outcome.unrecorded : undefined;
  if (unrecorded !== undefined && !json) {
    warn(`${command}: ${outcome.name}: ${printable(unrecorded)}`);
  }
  return done ? EXIT.done : EXIT.no;
}

// docs/stop.md describes these objects: names are only ever added.

export function stopJson(outcome: StopOutcome): Record<string, unknown> {
  const { name, ms } = outcome;
  const base = { name, result: outcome.is, done: isStopDone(outcome), ms };
  switch (outcome.is) {
    case "stopped":
      return {
        ...base,
        pid: outcome.pid ?? null,
        killed: outcome.killed,
        left: outcome.left,
        notes: outcome.notes,
        unrecorded: outcome.unrecorded ?? null,
      };
    case "not running":
      return { ...base, unrecorded: outcome.unrecorded ?? null };
    case "survivors":
      return { ...base, survivors: outcome.survivors };
    case "interrupted":
      return { ...base, left: outcome.left, keeper: outcome.keeper ?? null };
    case "left to its keeper":
      return { ...base, keeper: outcome.keeper };
    case "overtaken":
      return { ...base, by: outcome.by };
    case "failed":
      return { ...base, error: outcome.error.message, hint: outcome.error.hint ?? null };
    default:
      return base;
  }
}

/** The outcome, for people. */
export function stopText(outcome: StopOutcome): string {
  const { name } = outcome;
  switch (outcome.is) {
    case "not running":
      return `${name}: not running`;
    case "left to its keeper":
      return `${name}: its keeper (pid ${outcome.keeper}) stops it: this command was called from within it`;
    case "overtaken":
      return `${name}: not stopped: '${printable(outcome.by)}' intervened`;
    case "failed":
      return errorText(outcome.error);
    case "survivors":
      return [
        `${name}: not all of it could be ended`,
        ...outcome.survivors.map(survivorText),
      ].join("\n");
    case "interrupted": {
      const who = outcome.keeper === undefined
        ? `nothing continues it: imp stop ${name}`
        : `its keeper (pid ${outcome.keeper}) goes on; imp stop --now ${name} kills at once`;
      return [`${name}: not stopped yet; ${who}`, ...outcome.left.map(briefText)].join("\n");
    }
    case "stopped": {
      const { pid, killed, ms, left, notes } = outcome;
      const kills = killed === 0 ? "" : `, ${killed} by KILL`;
      const who = pid === undefined ? "" : ` (pid ${pid})`;
      const rest = left.length === 0 ? [] : [
        `  left running (--kill-mode main):`,
        ...left.map(briefText),
      ];
      return [
        `${name}: stopped${who} in ${formatDuration(ms)}${kills}`,
        ...notes.map((note) => `  ${note}`),
        ...rest,
      ].join("\n");
    }
  }
}

function survivorText({ pid, comm, user, why }: Survivor): string {
  return `  ${pid} ${printable(comm)} (user ${user}): ${why}`;
}

function briefText({ pid, comm, user }: Survivor): string {
  return `  ${pid} ${printable(comm)} (user ${user})`;
}
