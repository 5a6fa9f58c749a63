import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { confirm } from "../../cli/confirm.ts";
import { print, printJson, warn } from "../../cli/output.ts";
import { connectQueue } from "../../queue/connection/connection.ts";
import { queueFailure } from "../../queue/connection/failures.ts";
import { patiently } from "../../queue/connection/patience.ts";
import { pruneRuns } from "../../queue/runs/pruning.ts";
import { RunActions, type RunVerb } from "../../queue/runs/run_actions.ts";
import { RunReader, type RunRecords } from "../../queue/runs/run_reader.ts";
import {
  isHalfRetried,
  isRunOver,
  queueRunState,
  type RunFacts,
} from "../../queue/runs/run_state.ts";
import { changeSettings, settingsOf } from "../../queue/runs/settings_record.ts";
import { streamsThere } from "../../queue/streams.ts";
import { queueAccess } from "../queues/place.ts";
import type { RunSelection, RunsRequest } from "./request.ts";
import { tellFailures } from "./failures_view.ts";
import { queueRunJson, runListView, settingsText, showView } from "./view.ts";

type Asked<D extends RunsRequest["does"]> = Extract<RunsRequest, { does: D }>;

/** @returns the exit status @throws ImpError */
export async function lookAtRuns(request: RunsRequest): Promise<number> {
  const { place } = request;
  const tell = (text: string) => warn(`imp runs: ${text}`);
  const connection = await connectQueue(queueAccess(place), { name: "imp runs", warn: tell });
  try {
    const reader = new RunReader(connection, place.queue);
    const patience = REPEATABLE.includes(request.does) ? undefined : 0;
    const once = async () => {
      await streamsThere(connection.manager, reader.subjects);
      return await act(request, reader);
    };
    return await patiently(once, "look at", `queue ${place.queue}`, tell, patience);
  } finally {
    await connection.close();
  }
}

const REPEATABLE: readonly string[] = ["list", "show", "pause", "resume", "cancel", "set", "prune"];

async function act(request: RunsRequest, reader: RunReader): Promise<number> {
  switch (request.does) {
    case "list":
      return await list(request, reader);
    case "show":
      return await show(request, reader);
    case "failures":
      return await failures(request, reader);
    case "set":
      return await set(request, reader);
    case "prune":
      return await prune(request, reader);
    default:
      return await onEach(request, reader);
  }
}

async function list({ selection, display }: Asked<"list" | "show">, reader: RunReader) {
  const queue = await reader.facts();
  const runs = queue ? await selected(selection, reader) : [];
  if (!queue && !selection.all) throw noQueue(reader);
  const settings = queue ? await settingsOf(reader) : {};
  if (display.json) {
    for (const facts of runs) printJson(queueRunJson(facts));
  } else for (const line of runListView(queue, settings, runs, display)) print(line);
  return EXIT.done;
}

async function show({ selection, display }: Asked<"list" | "show">, reader: RunReader) {
  await mustBeThere(reader);
  for (const facts of await selected(selection, reader)) {
    if (display.json) printJson(queueRunJson(facts));
    else for (const line of showView(facts, reader.queue)) print(line);
  }
  return EXIT.done;
}

async function failures({ selection, givenUp, display }: Asked<"failures">, reader: RunReader) {
  await mustBeThere(reader);
  const names = await namesOf(selection, reader);
  await tellFailures(reader, [...names.keys()], givenUp, display);
  return EXIT.done;
}

async function set({ change, display }: Asked<"set">, reader: RunReader) {
  await mustBeThere(reader);
  const settings = await changeSettings(reader, change);
  if (display.json) printJson(settings);
  else if (!display.quiet) print(settingsText(reader.queue, settings));
  return EXIT.done;
}

async function prune({ change, display }: Asked<"prune">, reader: RunReader) {
  await mustBeThere(reader);
  const set = await settingsOf(reader);
  const given = <T>(now: T | "none" | undefined, before: T | undefined) =>
    now === undefined ? before : now === "none" ? undefined : now;
  const settings = {
    keepAge: given(change.keepAge, set.keepAge),
    keepSize: given(change.keepSize, set.keepSize),
  };
  if (settings.keepAge === undefined && settings.keepSize === undefined) {
    throw new ImpError({
      action: "prune",
      object: `queue ${reader.queue}`,
      why: "no limit is set",
      hint: "give --keep-age D or --keep-size SIZE, here or with imp runs set",
      exit: EXIT.usage,
    });
  }
  let removed = 0;
  await pruneRuns(reader, settings, (run, because) => {
    removed++;
    if (display.json) printJson({ run, result: "removed", because });
    else if (!display.quiet) print(`${run}: removed, because of its ${because}`);
  });
  if (removed === 0 && !display.json && !display.quiet) {
    print("nothing to prune: no run exceeds the limits");
  }
  return EXIT.done;
}

async function onEach(request: Asked<RunVerb>, reader: RunReader): Promise<number> {
  await mustBeThere(reader);
  const { does, selection, force, yes, display } = request;
  let runs = await selected(selection, reader);
  if (selection.all) {
    const names = new Set(runs.map(({ run }) => run));
    // An unfinished retry is finished by its own run.
    const isPart = (facts: RunFacts) =>
      does === "retry" && isHalfRetried(facts) && names.has(facts.setup!.retryOf!);
    const retried = new Set(runs.filter(isWorking).map(({ setup }) => setup?.retryOf));
    const isRetried = ({ run }: RunFacts) => does === "retry" && retried.has(run);
    runs = runs.filter((facts) => isFor(does, facts, force) && !isPart(facts) && !isRetried(facts));
  }
  if (runs.length === 0 && !display.json && !display.quiet) {
    print(`nothing to ${does}: ${NOTHING_FOR[does]}`);
  }
  const names = runs.map(({ run }) => run).join(", ");
  if (does === "remove" && runs.length > 0 && !confirm(`Remove ${names}, with results?`, yes)) {
    warn("imp runs: nothing was done");
    return EXIT.no;
  }
  let exit: number = EXIT.done;
  for (const facts of runs) {
    try {
      const { text, moved = 0, as = facts.run } = await new RunActions(reader).act(
        does,
        facts,
        force,
      );
      if (display.json) printJson({ run: facts.run, result: does, moved, as });
      else if (!display.quiet) print(`${facts.run}: ${text}`);
    } catch (error) {
      const failure = queueFailure(error, does, `run ${facts.run}`);
      exit = Math.max(exit, failure.exit);
      const { message, hint } = failure;
      if (display.json) printJson({ run: facts.run, result: "failed", error: message });
      else warn(`imp runs: ${message}${hint ? `\n  ${hint}` : ""}`);
    }
  }
  return exit;
}

/** A retry that has all of its jobs, and is not over. */
function isWorking(facts: RunFacts): boolean {
  return !isHalfRetried(facts) && !isRunOver(queueRunState(facts));
}

/** Whether `--all` includes this run. */
function isFor(does: RunVerb, facts: RunFacts, force: boolean): boolean {
  const isOver = isRunOver(queueRunState(facts));
  if (does === "remove") return isOver || force;
  return does === "retry" ? isOver && facts.counts.failed > 0 : !isOver;
}

const NOTHING_FOR: Readonly<Record<RunVerb, string>> = {
  pause: "all runs are over",
  resume: "all runs are over",
  cancel: "all runs are over",
  retry: "no run that is over has failed jobs, or they are being retried",
  remove: "no run is over",
};

/** Finds runs by names or beginnings of names. @throws ImpError if one is unknown or ambiguous */
async function namesOf(
  { all, words }: RunSelection,
  reader: RunReader,
): Promise<Map<string, RunRecords>> {
  const records = await reader.records();
  if (all) return records;
  return new Map(words.map((word) => {
    const found = records.has(word)
      ? [word]
      : [...records.keys()].filter((name) => name.startsWith(word));
    if (found.length === 1) return [found[0], records.get(found[0])!];
    throw new ImpError({
      action: "find",
      object: `run ${word}`,
      why: found.length === 0
        ? `queue ${reader.queue} has no run of this name`
        : `${found.length} runs begin with this: ${found.slice(0, 3).join(", ")}${
          found.length > 3 ? " ..." : ""
        }`,
      exit: EXIT.no,
    });
  }));
}

async function selected(selection: RunSelection, reader: RunReader): Promise<RunFacts[]> {
  const names = await namesOf(selection, reader);
  const parked = names.size > 0 ? await reader.parked() : new Map<string, number>();
  const runs: RunFacts[] = [];
  for (const [run, records] of names) {
    runs.push(await reader.run(run, records, parked.get(run) ?? 0));
  }
  return runs;
}

async function mustBeThere(reader: RunReader): Promise<void> {
  if (!await reader.facts()) throw noQueue(reader);
}

function noQueue({ queue }: RunReader): ImpError {
  return new ImpError({
    action: "find",
    object: `queue ${queue}`,
    why: "these servers have no queue of this name",
    hint: "imp pool --on and imp worker --on create it",
    exit: EXIT.no,
  });
}
