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
    "Has daemons read their settings again: runs the --reload-cmd of imp start, or sends HUP to the main process. One that tells " +
    "of it by sd_notify(3), RELOADING=1 and then READY=1, is waited for.",
    "HUP is not sent to a program that it would end, or that ignores it: imp restart is for those.",
  ],
  options: TARGETS_OPTIONS,
  permute: true,
  examples: [
    { line: "imp reload nginx", says: "one" },
    { line: "imp reload -p /run/nginx.pid", says: "whatever has written that pidfile" },
  ],
  exits: [
    ["0", "done, as far as they tell"],
    ["1", "one does not run, does not heed HUP, its command has failed, or its name is unknown"],
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
