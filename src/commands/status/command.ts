import type { Command } from "../../cli/options.ts";
import { print, printJson, styleFor, warn } from "../../cli/output.ts";
import { outputWidth } from "../../cli/width.ts";
import { keeperHome, keptPlace } from "../../keeper/home.ts";
import { isKeptName, keptNamesFor } from "../../keeper/kept_names.ts";
import { keptFacts } from "../../keeper/observe/kept_facts.ts";
import { withSocketUse } from "../../keeper/observe/socket_use.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import { selectNames } from "../../keeper/selection.ts";
import { lsbStatus, worstStatus } from "../../keeper/observe/words.ts";
import { statusJson } from "./json.ts";
import {
  TARGETS_OPTIONS,
  type TargetsOption,
  type TargetsRequest,
  targetsRequest,
} from "../kept/request_targets.ts";
import { statusDetails } from "./details.ts";
import { statusView } from "./view.ts";

export const statusCommand: Command<TargetsRequest, TargetsOption> = {
  name: "status",
  usage: [
    "status [--json] NAME...",
    "status [--json] --all",
    "status [--json] -p PIDFILE",
  ],
  description: [
    "Shows everything about daemons: the state of each and since when, its processes and keepers, what it uses, how " +
    "its last runs have ended, why it was restarted, its log and its settings. Whether a process runs is read from " +
    "the kernel at this moment, by PID, start time and boot; if a record disagrees, imp says so.",
    "NAME is that of a kept daemon (imp start), a pattern such as '*' or 'web-*', or the -n name of imp daemon. -p takes the " +
    "pidfile of any daemon.",
    "Only the names of environment variables are shown, not their values.",
  ],
  options: TARGETS_OPTIONS,
  permute: true,
  examples: [
    { line: "imp status web", says: "all about the daemon web" },
    { line: "imp status -q web || imp start web", says: "for a script: starts it unless it runs" },
    { line: "imp status --json web | jq .lastRun", says: "how it ended last (docs/list.md)" },
    { line: "imp status -p /run/nginx.pid", says: "whether the process of a pidfile runs" },
  ],
  exits: [
    ["0", "all of them are running"],
    ["1", "one has ended although it should run, and has not been restarted"],
    ["3", "one is not running: stopped, finished, failed, or waiting for its next start"],
    ["4", "one is unknown: no such daemon, or no usable record"],
  ],
  request: targetsRequest,
  run,
};

async function run({ targets, display }: TargetsRequest): Promise<number> {
  const { json, quiet, color } = display;
  if (targets.by === "pidfile") {
    const { showPidfile } = await import("./pidfile.ts");
    return showPidfile(targets.path, targets.path, display);
  }
  const home = keeperHome();
  const selected = selectNames(targets.selection, keptNamesFor(home, targets.selection.words));
  // A directory may be gone while its daemon still runs.
  const names = [...selected.names, ...selected.unknown.filter(isKeptName)];
  const unknown = selected.unknown.filter((word) => !isKeptName(word));
  const statuses: number[] = [];
  let shown = 0;
  for (const name of names) {
    const [facts] = await withSocketUse([keptFacts(observeKept(keptPlace(home, name)))]);
    // After the look: no record may seem to be of the future.
    const now = Date.now();
    if (!facts.daemon.exists) {
      unknown.push(name);
      continue;
    }
    statuses.push(lsbStatus(facts.daemon.phase));
    if (quiet) continue;
    const details = statusDetails(facts);
    if (json) printJson(statusJson(facts, details, now));
    else {
      const lines = statusView(facts, details, now, styleFor(color), outputWidth());
      print((shown++ ? "\n" : "") + lines.join("\n"));
    }
  }
  for (const word of unknown) {
    const { showNamed } = await import("./pidfile.ts");
    statuses.push(showNamed(word, display));
  }
  if (names.length + unknown.length === 0 && !quiet && !json) {
    warn("imp status: there are no kept daemons");
  }
  return worstStatus(statuses);
}
