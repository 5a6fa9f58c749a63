import { SIGINT } from "../../libc/abi.ts";
import type { Command } from "../../cli/options.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { warn } from "../../cli/output.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { exitStatusOf } from "../../libc/processes/wait.ts";
import { Outlet } from "../../with/outlet.ts";
import { runWith } from "../../with/run.ts";
import type { RunOutcome } from "../../with/run_loop.ts";
import { WITH_OPTIONS, type WithOption } from "./options.ts";
import { errorAsJson, jsonTeller, textTeller } from "./output.ts";
import { type WithRequest, withRequest } from "./request.ts";

export const withCommand: Command<WithRequest, WithOption> = {
  name: "with",
  usage: [
    "with [--daemon CMD [--ready RULE]...]... [--plain CMD]... [OPTIONS] [--] PROGRAM [ARG...]",
  ],
  description: [
    "Runs PROGRAM with helpers that never outlive it. PROGRAM has the terminal, stdin and stdout, and imp exits with its status. The output of helpers goes to stderr, " +
    "in whole lines, each after the helper's name.",
    "When PROGRAM has ended, imp waits for plain children; then it sends TERM, later KILL, to every daemonic helper " +
    "and everything left behind, in other groups and sessions too, until nothing is left. This also happens if imp " +
    "itself is killed by kill -9.",
    "A helper gets a session of its own, /dev/null as stdin, and the words of CMD, split like a shell's. No shell " +
    "runs it, and unquoted shell syntax is refused: use --shell, or sh -c '...'.",
  ],
  options: WITH_OPTIONS,
  examples: [
    {
      line: "imp with --daemon 'redis-server --port 7000' --ready tcp:7000 -- npm test",
      says: "the tests start when Redis accepts connections, and Redis ends with them",
    },
    {
      line: "imp with --daemon ./server --ready http://localhost:8000/ -- ./crawl",
      says: "a server for one command; its log goes to stderr",
    },
    {
      line: "imp with --in-order --daemon ./db --ready notify --daemon ./api -- ./e2e",
      says: "the second helper starts when the first is ready",
    },
    {
      line: "imp with --shell --daemon 'tail -F log | grep ERR' --plain './a; ./b' -- ./app",
      says: "helpers that are scripts; imp waits for ./b",
    },
    {
      line: "imp with --no-children --daemon ./plugin -- ./host",
      says: "the plugin may use threads but start no process",
    },
  ],
  exits: [
    ["N", "PROGRAM's exit status; 128+n: ended by signal n"],
    ["1", "a helper failed before it was ready, or with --fail-fast at any time"],
    ["124", "a helper was not ready in time"],
    ["125", "imp itself failed"],
    ["126", "PROGRAM or a helper cannot be executed"],
    ["127", "PROGRAM or a helper was not found"],
  ],
  request: withRequest,
  run,
};

async function run({ settings, telling }: WithRequest): Promise<number> {
  const outlet = new Outlet(2);
  const tell = telling === "json"
    ? jsonTeller(outlet)
    : textTeller(outlet, settings.helpers.map(({ name }) => name), telling);
  try {
    return exitFor(await runWith(settings, outlet, tell));
  } catch (error) {
    if (telling !== "json" || !(error instanceof ImpError)) throw error;
    warn(errorAsJson(error));
    return error.exit;
  }
}

/** Shells end a script or a loop if a command dies from SIGINT. */
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
