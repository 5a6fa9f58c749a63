import type { Command } from "../../cli/options.ts";
import { warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { FirstSearch } from "../../keeper/waiter/find_waiters.ts";
import type { KeptPlace } from "../../keeper/home.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import { startByName } from "../../keeper/start/start_by_name.ts";
import type { StartContext, StartKeptOutcome } from "../../keeper/start/start_outcome.ts";
import { stopKept } from "../../keeper/stop/stop_kept.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn, forEachAtOnce, forTargets, keptOnly } from "../kept/run.ts";
import { beforeStarts } from "./login.ts";
import { START_OPTIONS, type StartOption } from "./options.ts";
import { type KeptStartRequest, startRequest } from "./request.ts";
import { type StartTarget, startTargets } from "./targets.ts";
import { tellStart } from "./view.ts";

export const startCommand: Command<KeptStartRequest, StartOption> = {
  name: "start",
  usage: ["start [NAME] [OPTIONS] -- PROGRAM [ARG...]", "start NAME... | --all"],
  description: [
    "Starts PROGRAM as a kept daemon: it has a name (default: the program's) and a log, is restarted when it fails, " +
    "and is stopped with all its descendants. Returns when it is ready, or when it has failed, with the reason and " +
    "the last lines of its log.",
    "Its keepers are two processes of 16 KB each that no crash of imp touches; there is no central server. Without PROGRAM, known daemons start again with their recorded options and environment; running ones are left " +
    "alone.",
  ],
  options: START_OPTIONS,
  examples: [
    {
      line: "imp start web --ready tcp:8000 -- python3 -m http.server 8000",
      says: "returns when the server accepts connections",
    },
    {
      line: "imp start queue --restart always --max-rss 500M -u www-data -C . -- ./worker",
      says: "restarted whenever it ends, and when it has grown; as another user",
    },
    {
      line: "imp start nginx --forking --stop QUIT:30s,TERM:5s -- nginx",
      says: "a program that turns itself into a daemon; a graceful stop first",
    },
    {
      line: "imp start backup --cron '30 3 * * *' --timezone Europe/Berlin -- ./backup.sh",
      says: "every night",
    },
    {
      line: "imp start app --on-change src --ignore '*.test.js' -- node src/app.js",
      says: "restarted when something below src has changed",
    },
    {
      line: "imp start api --socket tcp:8080 --on-demand -- ./server",
      says: "started by the first connection; see imp help sockets",
    },
    {
      line: "imp start web",
      says: "after imp stop web: as before",
    },
    {
      line: "imp start --all",
      says: "all known daemons that are not running",
    },
  ],
  exits: [
    [
      "0",
      "it is ready, scheduled or listening, or is already running and --oknodo, --replace or --all was given",
    ],
    ["1", "it failed, is already running, or is known with other options"],
    ["2", "wrong usage"],
    ["124", "it was not ready in time"],
    ["125", "imp itself failed"],
    ["126", "PROGRAM cannot be executed"],
    ["127", "PROGRAM was not found"],
  ],
  namesFirst: true,
  request: startRequest,
  run,
};

async function run(request: KeptStartRequest): Promise<number | undefined> {
  const { cron, timezone } = request.wanted?.schedule ?? {};
  if (cron !== undefined) {
    const { checkCron } = await import("../../keeper/schedule/cron.ts");
    checkCron(cron, timezone, Date.now());
  }
  const login = await beforeStarts(request.report);
  const outcomes: StartKeptOutcome[] = [];
  const asked = new AskedToReturn();
  const shared = { looks: new SharedLooks(), tags: new KeptTags() };
  const context: StartContext = {
    ...shared,
    first: new FirstSearch(),
    isInterrupted: () => asked.signal !== undefined,
    replace: request.replace,
    newEnvironment: request.newEnvironment,
    acceptRunning: request.acceptRunning,
    runNow: request.runNow,
    wait: request.wait,
    atBoot: request.atBoot,
    tellSlow: (sentence) => warn(`imp start: ${printable(sentence)}`),
  };
  const start = async ({ place, settings }: StartTarget) => {
    const outcome = await startByName(place, settings, context);
    if (outcome.is === "interrupted") await undo(place, shared);
    outcomes.push(outcome);
    return outcome;
  };
  const exit = await startEach(request, start);
  login.tell(outcomes);
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return exit;
}

/** @returns the worst exit status */
async function startEach(
  request: KeptStartRequest,
  start: (target: StartTarget) => Promise<StartKeptOutcome>,
): Promise<number> {
  const { target, report } = request;
  const tell = (outcome: StartKeptOutcome) => tellStart(outcome, request);
  if (typeof target === "string") {
    const targets = await startTargets(target, request);
    return await forEachAtOnce(targets, start, tell);
  }
  const display = { quiet: report === "nothing", json: report === "json" };
  return await forTargets({ by: "name", selection: target }, "start", display, {
    kept: (place) => start({ place }),
    pidfile: (name) =>
      Promise.resolve({ is: "failed", error: keptOnly("start", name), name, ms: 0 }),
    tell,
  });
}

/** A second signal ends imp: its keeper then carries on with the stop. */
async function undo(place: KeptPlace, shared: Pick<StartContext, "looks" | "tags">): Promise<void> {
  const command = "imp start, interrupted,";
  const context = { command, grace: "as set", evenUnrecorded: true } as const;
  await stopKept(place, { ...shared, ...context, isInterrupted: () => false });
}
