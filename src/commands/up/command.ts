import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { print, printJson, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { keeperHome, refuseOthersHome } from "../../keeper/home.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { bringUp, type UpProgress, type UpResult } from "../../project/bring_up.ts";
import { findProjectFile, openProject } from "../../project/open_project.ts";
import { type PlanStep, planUp } from "../../project/plan.ts";
import { lookAtPresent } from "../../project/present.ts";
import type { Project } from "../../project/project.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn } from "../kept/run.ts";
import { SafeTelling } from "../kept/safe_telling.ts";
import { beforeStarts } from "../start/login.ts";
import { Board } from "./board.ts";
import { desiredDaemons, projectKeys } from "./desired.ts";
import { refuseMistakes } from "./mistakes_view.ts";
import { UP_OPTIONS, type UpOption } from "./options.ts";
import { type UpRequest, upRequest } from "./request.ts";
import { selectedDaemons } from "./selected.ts";
import {
  planJson,
  planText,
  projectSummary,
  resultJson,
  resultText,
  startFailure,
  upExit,
} from "./view.ts";

export const upCommand: Command<UpRequest, UpOption> = {
  name: "up",
  usage: ["up [-f FILE] [--profile NAME]... [--dry-run] [NAME...]", "up --schema"],
  description: [
    "Starts the daemons of imp.toml, or of a Procfile, side by side, each when those that it depends on are ready. imp restarts daemons whose options have changed, stops and removes those that the file no longer contains, and " +
    "leaves the others alone. It never touches daemons that were started by hand or from another file.",
    "With NAMEs it does this only for these and their dependencies.",
    "The daemons are kept like those of imp start: imp list, logs, restart and the other commands know them by their " +
    "names.",
    "On Ctrl-C the keepers finish the starts under way, which imp names; nothing more is started, and the next imp up continues.",
  ],
  options: UP_OPTIONS,
  permute: true,
  examples: [
    { line: "imp up", says: "all of imp.toml in this directory" },
    { line: "imp up --dry-run", says: "what would be done, and why" },
    { line: "imp up --profile dev api", says: "api, with its dependencies" },
    { line: "imp up --schema > imp.schema.json", says: "for editors: docs/up.md" },
  ],
  exits: [
    ["0", "everything is as the file says"],
    ["1", "some could not be started, stopped or removed, or belong to others"],
    ["2", "wrong usage; the file has mistakes"],
    ["124", "one was not ready in time"],
    ["125", "records, a user or something that a daemon needs cannot be used"],
  ],
  request: upRequest,
  run,
};

async function run(request: UpRequest): Promise<number | undefined> {
  const { names, profiles, does, display } = request;
  if (does === "print the schema") {
    const { projectSchema } = await import("../../project/json_schema.ts");
    print(JSON.stringify(projectSchema(projectKeys()), null, 2));
    return EXIT.done;
  }
  const home = keeperHome();
  refuseOthersHome(home);
  const here = workingDirectory();
  const { project, mistakes } = await openProject(
    findProjectFile(request.file, here),
    here,
    projectKeys(),
  );
  const selected = mistakes.all.length === 0
    ? selectedDaemons(project, names, profiles)
    : new Set<string>();
  const desired = await desiredDaemons(project, home, (name) => selected.has(name), mistakes);
  await refuseMistakes(project.shown, mistakes.all);
  const known = new Set(desired.map(({ name }) => name));
  const present = lookAtPresent(home, project.file, known);
  const prune = names.length === 0;
  const steps = planUp({ file: project.file, desired, present, prune });
  if (does === "start") return await start(steps, project, home, request);
  for (const step of display.json ? steps : []) printJson(planJson(step));
  if (!display.json && steps.length > 0) print(planText(steps).join("\n"));
  return steps.some((step) => step.does === "refuse") ? EXIT.no : EXIT.done;
}

async function start(
  steps: readonly PlanStep[],
  project: Project,
  home: string,
  { wait, display: { json, quiet } }: UpRequest,
): Promise<number | undefined> {
  const login = await beforeStarts(json ? "json" : quiet ? "nothing" : "text", "imp up");
  const asked = new AskedToReturn();
  const telling = new SafeTelling();
  const board = new Board(steps.map(({ name }) => name), !json && !quiet);
  const results: { step: PlanStep; result: UpResult }[] = [];
  const tell = (step: PlanStep, progress: UpProgress) => {
    if (progress.is !== "done") return board.show(step.name, progressText(step, progress));
    const { result } = progress;
    results.push({ step, result });
    const isGood = upExit(result) === EXIT.done;
    if (json) printJson(resultJson(step, result));
    else if (board.isLive || (!isGood || !quiet && !isAsBefore(step, result))) {
      board.done(step.name, resultText(step, result), isGood);
    }
  };
  await bringUp(steps, {
    ...{ home, wait, tell: telling.safely(tell), failureOf: startFailure },
    looks: new SharedLooks(),
    tags: new KeptTags(),
    isInterrupted: () => asked.signal !== undefined,
    tellSlow: (sentence) => warn(`imp up: ${printable(sentence)}`),
  });
  telling.end();
  board.end();
  login.tell(results.flatMap(({ result }) => result.is === "started" ? [result.outcome] : []));
  asked.end();
  const failed = results.filter(({ result }) => upExit(result) !== EXIT.done);
  if (board.isLive) {
    for (const { step, result } of failed) warn(`imp up: ${resultText(step, result)}`);
  }
  if (!json && !quiet) print(projectSummary(project.shown, results));
  if (asked.signal !== undefined) dieBy(asked.signal);
  return Math.max(EXIT.done, ...results.map(({ result }) => upExit(result)));
}

/** Whether there is nothing to report. */
function isAsBefore(step: PlanStep, result: UpResult): boolean {
  return result.is === "stays" && !(step.does === "stay" && step.single);
}

function progressText(
  { name, does }: PlanStep,
  progress: Exclude<UpProgress, { is: "done" }>,
): string {
  if (progress.is === "waits") return `${name}: waits for ${progress.on.join(", ")}`;
  return `${name}: ${
    does === "start" ? "starting" : does === "restart" ? "restarting" : "stopping"
  } …`;
}
