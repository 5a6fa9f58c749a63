import type { Command } from "../../cli/options.ts";
import { reloadByPidfile, reloadKept } from "../../keeper/stop/reload_kept.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { AskedToReturn, forTargets } from "../kept/run.ts";
import {
  TARGETS_OPTIONS,
  type TargetsOption,
  type TargetsRequest,
  targetsRequest,
} from "../kept/request_targets.ts";
import { tellReload } from "./view.ts";

export const reloadCommand: Command<TargetsRequest, TargetsOption> = {
  name: "reload",
  usage: ["reload [--json] NAME...", "reload [--json] --all", "reload [--json] -p PIDFILE"],
  description: [
    "Makes daemons reread their configuration: runs the --reload-cmd of imp start, or sends HUP to the main process. " +
    "If a daemon announces its reload with sd_notify(3), RELOADING=1 and then READY=1, imp waits for that.",
    "imp does not send HUP to a program that it would end, or that ignores it: use imp restart.",
  ],
  options: TARGETS_OPTIONS,
  permute: true,
  examples: [
    { line: "imp reload nginx", says: "one" },
    { line: "imp reload -p /run/nginx.pid", says: "whatever program wrote that pidfile" },
  ],
  exits: [
    ["0", "done, as far as the daemons report it"],
    [
      "1",
      "one is not running, has no handler for HUP, its command has failed, or its name is unknown",
    ],
    ["2", "wrong usage"],
  ],
  request: targetsRequest,
  run: async ({ targets, display }) => {
    const asked = new AskedToReturn();
    const context = { isInterrupted: () => asked.signal !== undefined };
    const exit = await forTargets(targets, "reload", display, {
      kept: (place) => reloadKept(place, context),
      pidfile: reloadByPidfile,
      tell: (outcome) => tellReload(outcome, display),
    });
    asked.end();
    if (asked.signal !== undefined) dieBy(asked.signal);
    return exit;
  },
};
