import type { Command } from "../../cli/options.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import { type RestartContext, restartKept } from "../../keeper/start/restart_kept.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn, forTargets } from "../kept/run.ts";
import {
  RESTART_OPTIONS,
  type RestartOption,
  type RestartRequest,
  restartRequest,
} from "./request.ts";
import { tellRestart } from "./view.ts";

export const restartCommand: Command<RestartRequest, RestartOption> = {
  name: "restart",
  usage: ["restart [--env] [--json] NAME...", "restart [--env] [--json] --all"],
  description: [
    "Restarts daemons. imp ends all of the old program, as imp stop does, then starts the new one. Returns when that " +
    "is ready, or says why it is not. Daemons that are not running are started.",
    "The environment is that of imp start; with --env, that of this command, from now on. A daemon of imp daemon -n is started with its recorded words, always in the environment of this command.",
    "Called from within the daemon, it leaves the work to the keeper and returns at once.",
  ],
  options: RESTART_OPTIONS,
  permute: true,
  examples: [
    { line: "imp restart web", says: "the daemon web" },
    { line: "imp restart --env 'worker-*'", says: "several, with new variables" },
  ],
  exits: [
    ["0", "they are running, or have already ended successfully"],
    ["1", "one is not running, a name is unknown, or another command intervened"],
    ["2", "wrong usage"],
    ["125", "records or lock cannot be used, or there can be no keeper"],
  ],
  request: restartRequest,
  run,
};

async function run(request: RestartRequest): Promise<number | undefined> {
  const { selection, newEnvironment, display } = request;
  const asked = new AskedToReturn();
  const context: RestartContext = {
    looks: new SharedLooks(),
    tags: new KeptTags(),
    isInterrupted: () => asked.signal !== undefined,
    newEnvironment,
  };
  const exit = await forTargets({ by: "name", selection }, "restart", display, {
    kept: (place) => restartKept(place, context),
    pidfile: async (name, path) =>
      await (await import("./named.ts")).restartNamed(name, path, context),
    tell: (outcome) => tellRestart(outcome, display),
  });
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return exit;
}
