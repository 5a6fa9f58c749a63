import type { Command } from "../../cli/options.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import { signalByPidfile, signalKept } from "../../keeper/stop/signal_kept.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { forTargets } from "../kept/run.ts";
import { SIGNAL_OPTIONS, type SignalOption, type SignalRequest, signalRequest } from "./request.ts";
import { tellSignal } from "./view.ts";

export const signalCommand: Command<SignalRequest, SignalOption> = {
  name: "signal",
  usage: [
    "signal [--main | --tree] [--json] NAME... SIGNAL",
    "signal [--main | --tree] [--json] --all SIGNAL",
    "signal [--main | --tree] [--json] -p PIDFILE SIGNAL",
  ],
  description: [
    "Sends a signal to the main process of daemons, or with --tree to all their processes. imp identifies a process " +
    "by PID and start time, so it never signals one that has reused the PID.",
    "NAME is that of a kept daemon (imp start), a pattern such as '*' or 'web-*', or the -n name of imp daemon. If the signal ends a kept daemon, its keeper may restart it: to stop it, use imp stop.",
  ],
  options: SIGNAL_OPTIONS,
  permute: true,
  examples: [
    { line: "imp signal web HUP", says: "its main process" },
    { line: "imp signal --tree 'worker-*' USR1", says: "all processes of several" },
    { line: "imp signal -p /run/nginx.pid WINCH", says: "whatever program wrote that pidfile" },
  ],
  exits: [
    ["0", "sent to all of them"],
    ["1", "one is not running, may not be signalled, or its name is unknown"],
    ["2", "wrong usage"],
  ],
  request: signalRequest,
  run: async ({ targets, signal, to, display }) => {
    const context = { signal, to, looks: new SharedLooks(), tags: new KeptTags() };
    return await forTargets(targets, "signal", display, {
      kept: (place) => signalKept(place, context),
      pidfile: (name, path) => signalByPidfile(name, path, context),
      tell: (outcome) => tellSignal(outcome, signalName(signal), "imp signal", display),
    });
  },
};
