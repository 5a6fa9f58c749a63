import { formatDuration } from "../../base/duration.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Display } from "../../cli/options.ts";
import { print, printJson, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { RestartOutcome } from "../../keeper/start/restart_kept.ts";
import { socketText, socketTexts } from "../../keeper/sockets/kept_socket.ts";
import { failedText, nextRunWords, notStartedText, runText } from "../start/view.ts";
import { stopJson, tellStop } from "../stop/view.ts";

/** @returns the exit status */
export function tellRestart(outcome: RestartOutcome, display: Display): number {
  const done = isRestartDone(outcome);
  if (display.json) printJson(restartJson(outcome, done));
  else if (outcome.is === "not stopped") return tellStop(outcome.outcome, "imp restart", display);
  else if (!done) warn(`imp restart: ${textOf(outcome)}`);
  else if (!display.quiet) print(textOf(outcome));
  if (outcome.is === "failed") return outcome.error.exit;
  return done ? EXIT.done : EXIT.no;
}

function isRestartDone({ is }: RestartOutcome): boolean {
  const done: RestartOutcome["is"][] = [
    ...["runs", "scheduled", "listening", "watching", "pending", "finished"] as const,
    "left to its keeper",
  ];
  return done.includes(is);
}

// docs/stop.md describes these objects: names are only ever added.

function restartJson(outcome: RestartOutcome, done: boolean): Record<string, unknown> {
  const { name, ms } = outcome;
  const base = { name, result: outcome.is, done, ms };
  switch (outcome.is) {
    case "runs":
      return {
        ...base,
        pid: outcome.program.pid,
        ready: outcome.ready,
        before: outcome.before ?? null,
        notes: outcome.notes,
      };
    case "scheduled":
      return { ...base, nextRunAt: outcome.nextRunAt ?? null, before: outcome.before ?? null };
    case "listening":
      return { ...base, sockets: outcome.sockets.map(socketText), before: outcome.before ?? null };
    case "watching":
      return { ...base, run: outcome.run ?? null, before: outcome.before ?? null };
    case "pending":
      return { ...base, reason: outcome.reason, before: outcome.before ?? null };
    case "finished":
      return { ...base, run: outcome.run ?? null };
    case "not started":
      return {
        ...base,
        reason: outcome.reason,
        again: outcome.again ?? false,
        run: outcome.run ?? null,
      };
    case "left to its keeper":
      return { ...base, keeper: outcome.keeper };
    case "overtaken":
      return { ...base, by: outcome.by };
    case "not stopped":
      return { ...base, stop: stopJson(outcome.outcome) };
    case "failed":
      return { ...base, error: outcome.error.message, hint: outcome.error.hint ?? null };
    case "interrupted":
      return base;
  }
}

function textOf(outcome: Exclude<RestartOutcome, { is: "not stopped" }>): string {
  const { name, ms } = outcome;
  switch (outcome.is) {
    case "runs": {
      const { before, program, notes } = outcome;
      const how = before === undefined
        ? `started, pid ${program.pid}`
        : `restarted, pid ${program.pid} (before: ${before})`;
      return [`${name}: ${how}, in ${formatDuration(ms)}`, ...notes.map((note) => `  ${note}`)]
        .join("\n");
    }
    case "scheduled":
      return `${name}: scheduled, ${nextRunWords(outcome.nextRunAt)}`;
    case "listening":
      return `${name}: listening on ${socketTexts(outcome.sockets)}`;
    case "watching":
      return [`${name}: waits for a change`, ...runText(outcome.run)].join("\n");
    case "pending":
      return `${name}: ${printable(outcome.reason)}`;
    case "finished":
      return [`${name}: started, and has ended already`, ...runText(outcome.run)].join("\n");
    case "not started":
      return notStartedText(outcome);
    case "left to its keeper":
      return `${name}: its keeper (pid ${outcome.keeper}) restarts it: this command was called from within it`;
    case "overtaken":
      return `${name}: '${printable(outcome.by)}' intervened`;
    case "interrupted":
      return `${name}: its keeper goes on with the restart; imp status ${name} shows its progress`;
    case "failed":
      return failedText(name, outcome.error);
  }
}
