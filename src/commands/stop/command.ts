import type { Command } from "../../cli/options.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import type { StopContext } from "../../keeper/stop/stop_context.ts";
import { stopKept } from "../../keeper/stop/stop_kept.ts";
import { stopByPidfile } from "../../keeper/stop/stop_pidfile.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn, forTargets } from "../kept/run.ts";
import { STOP_OPTIONS, type StopOption, type StopRequest, stopRequest } from "./request.ts";
import { tellStop } from "./view.ts";

export const stopCommand: Command<StopRequest, StopOption> = {
  name: "stop",
  usage: [
    "stop [-t D | --now] [--json] NAME...",
    "stop [-t D | --now] [--json] --all",
    "stop [-t D | --now] [--json] -p PIDFILE",
  ],
  description: [
    "Stops daemons: sends the stop signal to the whole tree of each, waits, and kills what does not obey, until " +
    "nothing of it is left, even in other sessions and under other parents. A stopped daemon stays stopped. imp stops " +
    "all of them side by side, reports each as soon as it is done, and names processes that it could not end.",
    "NAME is that of a kept daemon (imp start), a pattern such as '*' or 'web-*', or the -n name of imp daemon. -p takes the " +
    "pidfile of any daemon.",
    "Called from within the daemon, it leaves the work to the keeper and returns at once. Ctrl-C also returns at " +
    "once; the keeper continues.",
  ],
  options: STOP_OPTIONS,
  permute: true,
  examples: [
    { line: "imp stop web", says: "the daemon web, with everything that it has started" },
    { line: "imp stop 'worker-*' api", says: "several, side by side" },
    { line: "imp stop --now --all", says: "all kept daemons, with KILL at once" },
    { line: "imp stop -t 60s -p /run/nginx.pid", says: "whatever program wrote that pidfile" },
  ],
  exits: [
    ["0", "nothing of them is left, or they were not running"],
    ["1", "something could not be ended, a name is unknown, or another command intervened"],
    ["2", "wrong usage"],
    ["125", "records, lock or pidfile cannot be used"],
  ],
  request: stopRequest,
  run,
};

async function run({ targets, grace, display }: StopRequest): Promise<number | undefined> {
  const asked = new AskedToReturn();
  const context: StopContext = {
    command: "imp stop",
    grace,
    looks: new SharedLooks(),
    tags: new KeptTags(),
    isInterrupted: () => asked.signal !== undefined,
    evenUnrecorded: true,
  };
  const exit = await forTargets(targets, "stop", display, {
    kept: (place) => stopKept(place, context),
    pidfile: (name, path) => stopByPidfile(name, path, context),
    tell: (outcome) => tellStop(outcome, "imp stop", display),
  });
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return exit;
}
