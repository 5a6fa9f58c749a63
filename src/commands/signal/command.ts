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
    "Sends a signal to the main process of daemons, or with --tree to every process of theirs. The process is known by its " +
    "PID and its start time: another one that has got its PID is never signalled.",
    "NAME is that of a kept daemon (imp start), a pattern as '*' or 'web-*', or the -n name of imp daemon. What ends a kept " +
    "daemon by a signal counts as its end, after which it may be started again: imp stop stops it.",
  ],
  options: SIGNAL_OPTIONS,
  permute: true,
  examples: [
    { line: "imp signal web HUP", says: "its main process" },
    { line: "imp signal --tree 'worker-*' USR1", says: "all processes of several" },
    { line: "imp signal -p /run/nginx.pid WINCH", says: "whatever has written that pidfile" },
  ],
  exits: [
    ["0", "sent to all of them"],
    ["1", "one does not run, may not be signalled, or its name is unknown"],
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
