import { formatDuration } from "../../base/duration.ts";
import type { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { print, printJson, warn } from "../../cli/output.ts";
import { isStandIn } from "../../libc/descriptors/descriptors.ts";
import { printable } from "../../cli/printable.ts";
import type { KeptRun } from "../../keeper/records/kept_state.ts";
import { differenceLines } from "../../keeper/start/settings_difference.ts";
import type { StartResult } from "../../keeper/start/await_start.ts";
import type { StartKeptOutcome } from "../../keeper/start/start_outcome.ts";
import type { ObservedDaemon } from "../../keeper/observe/observed.ts";
import { BY_KEEPER, endOfRun, watchedText } from "../../keeper/observe/words.ts";
import { errorText } from "../kept/run.ts";
import { stopJson, tellStop } from "../stop/view.ts";
import { socketText, socketTexts } from "../../keeper/sockets/kept_socket.ts";
import { localTime } from "../../libc/time.ts";
import type { KeptStartRequest } from "./request.ts";

/** @returns the exit status */
export function tellStart(
  outcome: StartKeptOutcome,
  request: KeptStartRequest & { readonly command?: string },
): number {
  const { report, command = "imp start" } = request;
  const exit = startExit(outcome, request);
  const done = exit === EXIT.done;
  // A caller that has closed stdout does not want output.
  if (done && isStandIn(1)) return exit;
  if (report === "json") printJson(startJson(outcome, done));
  else if (outcome.is === "not stopped") {
    tellStop(outcome.outcome, command, { json: false, quiet: report === "nothing" });
  } else if (!done) warn(`${command}: ${startText(outcome, request)}`);
  else if (report === "text") print(startText(outcome, request));
  return exit;
}

/** The exit status that goes with an outcome. */
export function startExit(
  outcome: StartKeptOutcome,
  { acceptRunning }: Pick<KeptStartRequest, "acceptRunning">,
): number {
  switch (outcome.is) {
    case "runs":
    case "finished":
    case "begun":
    case "listening":
      return EXIT.done;
    case "pending":
      return EXIT.done;
    case "scheduled":
    case "watching":
      return outcome.failure === undefined ? EXIT.done : EXIT.no;
    case "running already":
      return acceptRunning || outcome.adopted ? EXIT.done : EXIT.no;
    case "not started":
      return isLate(outcome.reason) ? EXIT.timedOut : EXIT.no;
    case "failed":
      return outcome.error.exit;
    default:
      return EXIT.no;
  }
}

// docs/start.md describes these objects: names are only ever added.

export function startJson(
  outcome: StartKeptOutcome,
  done: boolean,
): Record<string, unknown> {
  const { name, ms } = outcome;
  const base = { name, result: outcome.is, done, ms };
  switch (outcome.is) {
    case "runs": {
      const { program, ready, notes } = outcome;
      return { ...base, pid: program.pid, ready, notes };
    }
    case "running already": {
      const { program, adopted, notes } = outcome;
      const nextRunAt = outcome.nextRunAt ?? null;
      const sockets = outcome.listening?.map(socketText);
      return { ...base, pid: program?.pid ?? null, adopted, nextRunAt, sockets, notes };
    }
    case "changed":
      return { ...base, pid: outcome.running ?? null, differences: outcome.differences };
    case "scheduled":
      return {
        ...base,
        nextRunAt: outcome.nextRunAt ?? null,
        run: outcome.run ?? null,
        reason: outcome.failure ?? null,
      };
    case "listening":
      return { ...base, sockets: outcome.sockets.map(socketText), notes: outcome.notes };
    case "watching":
      return { ...base, run: outcome.run ?? null, reason: outcome.failure ?? null };
    case "pending":
      return { ...base, reason: outcome.reason };
    case "finished":
      return { ...base, run: outcome.run ?? null };
    case "not started":
      return {
        ...base,
        reason: outcome.reason,
        again: outcome.again ?? false,
        run: outcome.run ?? null,
      };
    case "overtaken":
      return { ...base, by: outcome.by };
    case "not stopped":
      return { ...base, stop: stopJson(outcome.outcome) };
    case "failed":
      return { ...base, error: outcome.error.message, hint: outcome.error.hint ?? null };
    case "begun":
    case "interrupted":
      return base;
  }
}

export function startText(
  outcome: Exclude<StartKeptOutcome, { is: "not stopped" }>,
  { nameOfProgram, wanted }: Pick<KeptStartRequest, "nameOfProgram" | "wanted">,
): string {
  const { name, ms } = outcome;
  const named = nameOfProgram ? `${name} (the name of its program)` : name;
  switch (outcome.is) {
    case "runs": {
      const { program, notes } = outcome;
      return lines(`${named}: started, pid ${program.pid}, in ${formatDuration(ms)}`, notes);
    }
    case "begun":
      return `${named}: its keeper starts it`;
    case "running already": {
      const { program, nextRunAt, notes } = outcome;
      if (nextRunAt !== undefined) return `${name}: already scheduled, ${nextRunWords(nextRunAt)}`;
      const { listening, rests } = outcome;
      if (listening) return `${name}: already listening on ${socketTexts(listening)}`;
      if (rests) return `${name}: already ${printable(restText(rests))}`;
      const what = program ? `already running, pid ${program.pid}` : "already being started";
      return lines(`${name}: ${what}`, notes);
    }
    case "changed":
      return changedText(outcome);
    case "scheduled": {
      const next = nextRunWords(outcome.nextRunAt);
      if (outcome.failure !== undefined) {
        const why = printable(outcome.failure);
        const first = `${named}: its run has failed: ${why}; ${next}`;
        return [first, ...runText(outcome.run, outcome.failure)].join("\n");
      }
      if (!outcome.run) return lines(`${named}: scheduled, ${next}`, outcome.notes);
      return [`${named}: has run, ${next}`, ...runText(outcome.run)].join("\n");
    }
    case "listening":
      return lines(`${named}: listening on ${socketTexts(outcome.sockets)}`, outcome.notes);
    case "watching": {
      const waits = "and waits for a change";
      if (outcome.failure !== undefined) {
        const why = `its run has failed, ${waits}: ${printable(outcome.failure)}`;
        return [`${named}: ${why}`, ...runText(outcome.run, outcome.failure)].join("\n");
      }
      if (!outcome.run) return lines(`${named}: waits for a change`, outcome.notes);
      return [`${named}: has run, ${waits}`, ...runText(outcome.run)].join("\n");
    }
    case "pending":
      return lines(`${named}: ${printable(outcome.reason)}`, outcome.notes);
    case "finished":
      return [`${named}: started, and has ended already`, ...runText(outcome.run)].join("\n");
    case "not started":
      return notStartedText(outcome, {
        named,
        hints: wanted?.ready.length === 0 && isShort(outcome.run) ? [SHORT] : [],
      });
    case "overtaken":
      return `${name}: '${printable(outcome.by)}' intervened`;
    case "interrupted":
      return `${name}: interrupted; it is stopped again`;
    case "failed":
      // With a program, one certain daemon may be meant; otherwise there may be many.
      return wanted
        ? errorText(outcome.error, { where: `imp start ${name}`, words: wanted.words })
        : failedText(name, outcome.error);
  }
}

/** An error about one of several daemons: which one. */
export function failedText(name: string, error: ImpError): string {
  const text = errorText(error);
  return error.parts.object === `'${name}'` || error.parts.action.endsWith(` '${name}'`)
    ? text
    : `${name}: ${text}`;
}

/** What a daemon without a program waits for. */
function restText(daemon: ObservedDaemon): string {
  const { phase, state } = daemon;
  if (phase === "pending") return state?.reason ?? "waiting";
  return `waiting for a change of ${watchedText(daemon)}`;
}

/** In the caller's time zone. */
export function nextRunWords(at: number | undefined): string {
  return at === undefined ? "no next run" : `next run ${localTime(at)}`;
}

function changedText({ name, differences, running }: StartKeptOutcome & { is: "changed" }): string {
  const runs = running === undefined ? "" : `already running, pid ${running}, and `;
  const what = `${name}: ${runs}known with other options; --replace takes these${
    running === undefined ? "" : " and restarts it"
  }`;
  return lines(what, differenceLines(differences).map(printable));
}

function isShort(run: KeptRun | undefined): boolean {
  return run?.kind === "normal" && run.failedStart;
}

const SHORT =
  "  it ran for less than --start-seconds; a program that is meant to end needs --start-seconds 0";

const LATE = "not ready within";

function isLate(reason: string): boolean {
  return reason.includes(LATE);
}

/** If it was late, nothing else needs to be said. */
function mainReason(reason: string): string {
  return isLate(reason) ? reason.slice(reason.indexOf(LATE)) : reason;
}

/** @param named its name, and where that is from @param hints lines about this start */
export function notStartedText(
  { name, reason, run, again }: { readonly name: string } & StartResult & { is: "not started" },
  { named = name, hints = [] }: { readonly named?: string; readonly hints?: readonly string[] } =
    {},
): string {
  return [
    `${named}: not running: ${printable(mainReason(reason))}`,
    ...runText(run, reason),
    ...hints,
    ...again ? [`  its keeper tries again; 'imp stop ${name}' ends that`] : [],
  ].join("\n");
}

/** How a run has ended, and its last lines. @param said the reason that stands above, which may tell it already */
export function runText(run: KeptRun | undefined, said = ""): string[] {
  if (!run) return [];
  const by = run.by?.startsWith(BY_KEEPER) ? run.by.slice(BY_KEEPER.length) : undefined;
  return [
    ...by && (isLate(said) || said.includes(by)) ? [] : [`  it ${printable(endOfRun(run))}`],
    ...run.lastLines.map((line) => `  | ${printable(line)}`),
  ];
}

function lines(first: string, more: readonly string[]): string {
  return [first, ...more.map((one) => `  ${one}`)].join("\n");
}
