import { EXIT } from "../../base/exit_codes.ts";
import { confirm } from "../../cli/confirm.ts";
import type { Command } from "../../cli/options.ts";
import { warn } from "../../cli/output.ts";
import { keeperHome } from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import {
  type RemoveContext,
  removeKept,
  type RemoveOutcome,
} from "../../keeper/stop/remove_kept.ts";
import { isPattern, selectNames } from "../../keeper/selection.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn, forTargets, keptOnly } from "../kept/run.ts";
import { REMOVE_OPTIONS, type RemoveOption, type RemoveRequest, removeRequest } from "./request.ts";
import { tellRemoval } from "./view.ts";

export const removeCommand: Command<RemoveRequest, RemoveOption> = {
  name: "remove",
  usage: ["remove [--stop] [--logs] NAME...", "remove [--stop] [--logs] [--yes] --all"],
  description: [
    "Forgets kept daemons: their settings, their state, the snapshot of their environment. Their log files stay, unless --logs is given; a log that another kept daemon writes to always stays. Nothing " +
    "else is touched.",
    "A running daemon is not removed, unless --stop is given, which stops it first, as imp stop does.",
  ],
  options: REMOVE_OPTIONS,
  permute: true,
  examples: [
    { line: "imp remove web", says: "one that is not running" },
    { line: "imp remove --stop --logs web", says: "even if it is running, with its logs" },
    { line: "imp remove --yes 'try-*'", says: "several, without a question" },
  ],
  exits: [
    ["0", "removed"],
    ["1", "one is running, could not be stopped, or its name is unknown"],
    ["2", "wrong usage; --yes is missing and there is no terminal to ask on"],
  ],
  request: removeRequest,
  run,
};

async function run(request: RemoveRequest): Promise<number | undefined> {
  const { selection, stop, logs, yes, display } = request;
  if (selection.all || selection.words.some(isPattern)) {
    const { names } = selectNames(selection, keptNames(keeperHome()));
    const what = logs ? "their records and logs" : "their records";
    if (names.length > 0 && !confirm(`Remove ${names.join(", ")} (${what})?`, yes)) {
      warn("imp remove: nothing was done");
      return EXIT.no;
    }
  }
  const asked = new AskedToReturn();
  const context: RemoveContext = {
    command: "imp remove --stop",
    grace: "as set",
    looks: new SharedLooks(),
    tags: new KeptTags(),
    isInterrupted: () => asked.signal !== undefined,
    evenUnrecorded: true,
    stop,
    logs,
  };
  const exit = await forTargets({ by: "name", selection }, "remove", display, {
    kept: (place) => removeKept(place, context),
    pidfile: async (name): Promise<RemoveOutcome> =>
      await { is: "failed", error: keptOnly("remove", name), name },
    tell: (outcome) => tellRemoval(outcome, display),
  });
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return exit;
}
