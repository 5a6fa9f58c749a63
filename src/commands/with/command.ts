import { SIGINT } from "../../libc/abi.ts";
import type { Command, Option, Values } from "../../cli/options.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { warn } from "../../cli/output.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { exitStatusOf } from "../../libc/processes/wait.ts";
import { Outlet } from "../../with/outlet.ts";
import { runWith } from "../../with/run.ts";
import type { RunOutcome } from "../../with/run_loop.ts";
import { errorAsJson, jsonTeller, textTeller } from "./output.ts";
import { withSettings } from "./settings.ts";

const HELPERS = "Helpers";
const OPTIONS: readonly Option[] = [
  {
    name: "daemon",
    value: "CMD",
    many: true,
    group: HELPERS,
    summary:
      "a daemonic helper: ended, with all it started, when PROGRAM and every plain child have ended",
  },
  {
    name: "plain",
    value: "CMD",
    many: true,
    group: HELPERS,
    summary: "a plain child: imp waits for its end after PROGRAM's",
  },
  {
    name: "name",
    value: "NAME",
    many: true,
    group: HELPERS,
    summary: "what the lines of the helper before it begin with (default: its program's name)",
  },
  {
    name: "ready",
    value: "RULE",
    many: true,
    group: HELPERS,
    summary:
      "when the helper before it is ready: notify, fd:3, tcp:5432, http://localhost:8080/health, file:PATH, " +
      "log:REGEX, cmd:'pg_isready -q', delay:2s; PROGRAM starts when all rules hold",
  },
  {
    name: "ready-timeout",
    value: "DURATION",
    group: HELPERS,
    summary: "how long a helper may take to become ready (default 30s)",
  },
  {
    name: "in-order",
    group: HELPERS,
    summary: "start a helper only when those before it are ready",
  },
  {
    name: "shell",
    group: HELPERS,
    summary:
      "CMD is a script for /bin/sh; else it is split into words, and nothing in it is executed",
  },
  {
    name: "no-children",
    group: HELPERS,
    summary:
      "daemonic helpers may start threads but no process; the kernel refuses it, and imp tells you",
  },
  {
    name: "fail-fast",
    summary: "end everything as soon as a helper fails, with exit status 1",
  },
  {
    name: "stop-timeout",
    value: "DURATION",
    summary: "how long what is ended may take after TERM before it is killed (default 10s)",
  },
  {
    name: "log",
    value: "FILE",
    summary: "append what helpers print to FILE instead of printing it to stderr",
  },
  { name: "quiet-helpers", summary: "drop what helpers print" },
  { name: "json", summary: "tell everything as JSON, one object a line, on stderr" },
];

export const withCommand: Command = {
  name: "with",
  usage: [
    "with [--daemon CMD [--ready RULE]...]... [--plain CMD]... [OPTIONS] [--] PROGRAM [ARG...]",
  ],
  description: [
    "Runs PROGRAM with helpers that never outlive it. PROGRAM has the terminal, stdin and stdout, and imp exits as it did. What helpers " +
    "print goes to stderr, whole lines, each with the helper's name before it.",
    "When PROGRAM has ended, plain children are waited for; then every daemonic helper and whatever anybody has left behind gets TERM, then KILL, " +
    "until nothing is left: in other groups and sessions too, and also when imp itself is killed by kill -9.",
    "A helper's process gets a session of its own, /dev/null as stdin, and the words of CMD as a shell would split them, but no shell runs " +
    "it: what a shell would act upon is refused. Use --shell, or sh -c '…'.",
  ],
  options: OPTIONS,
  examples: [
    {
      line: "imp with --daemon 'redis-server --port 7000' --ready tcp:7000 -- npm test",
      says: "the tests start when Redis accepts connections, and Redis ends with them",
    },
    {
      line:
        "imp with --daemon 'python3 -m http.server 8000' --ready http://localhost:8000/ -- ./crawl",
      says: "a server for one command; its log goes to stderr, what ./crawl prints to stdout",
    },
    {
      line:
        "imp with --in-order --daemon ./db --ready notify --daemon ./api --ready log:listening -- ./e2e",
      says: "the second helper starts when the first is ready",
    },
    {
      line:
        "imp with --shell --daemon 'tail -F app.log | grep ERROR' --plain 'sleep 5; ./report' -- ./app",
      says: "helpers that are scripts; the report is waited for",
    },
    {
      line: "imp with --no-children --daemon ./plugin -- ./host",
      says: "the plugin may use threads but start no process",
    },
  ],
  exits: [
    ["N", "what PROGRAM exited with; 128+n: it was ended by signal n"],
    ["1", "a helper failed before it was ready, or with --fail-fast at any time"],
    ["124", "a helper was not ready in time"],
    ["125", "imp itself failed"],
    ["126", "PROGRAM or a helper cannot be executed"],
    ["127", "PROGRAM or a helper was not found"],
  ],
  run,
};

async function run(values: Values, operands: string[]): Promise<number> {
  const settings = withSettings(values, operands);
  const outlet = new Outlet(2);
  const json = values.has("json");
  const tell = json
    ? jsonTeller(outlet)
    : textTeller(outlet, settings.helpers.map(({ name }) => name), {
      quiet: values.has("quiet"),
      verbose: values.has("verbose"),
      color: values.text("color"),
    });
  try {
    return exitFor(await runWith(settings, outlet, tell));
  } catch (error) {
    if (!json || !(error instanceof ImpError)) throw error;
    warn(errorAsJson(error));
    return error.exit;
  }
}

/** Shells look for death by SIGINT to end a script or a loop. */
function exitFor(outcome: RunOutcome): number {
  switch (outcome.by) {
    case "failure":
      return outcome.late ? EXIT.timedOut : EXIT.no;
    case "signal":
      return dieBy(signalName(outcome.signal));
    case "main": {
      const { ending } = outcome;
      return ending.how === "signal" && ending.signal === SIGINT
        ? dieBy("INT")
        : exitStatusOf(ending);
    }
  }
}
