import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { warn } from "../../cli/output.ts";
import { UnknownWord } from "../../cli/parse.ts";
import { printable } from "../../cli/printable.ts";
import { keeperHome, refuseOthersHome } from "../../keeper/home.ts";
import { selectNames } from "../../keeper/selection.ts";
import { isStopDone, type StopOutcome } from "../../keeper/stop/stop_outcome.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { canonicalPath } from "../../project/canonical_path.ts";
import { findProjectFile } from "../../project/open_project.ts";
import {
  daemonsToStop,
  type OwnedDaemon,
  ownedDaemons,
  takeDown,
} from "../../project/take_down.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn } from "../kept/run.ts";
import { SafeTelling } from "../kept/safe_telling.ts";
import { tellStop } from "../stop/view.ts";
import { DOWN_OPTIONS, type DownOption, type DownRequest, downRequest } from "./request.ts";

export const downCommand: Command<DownRequest, DownOption> = {
  name: "down",
  usage: ["down [-f FILE] [-t D | --now] [NAME...]"],
  description: [
    "Stops the daemons that imp up has started for imp.toml, or for a Procfile: first those that nothing depends on, side by side. " +
    "They stay on record, and the next imp up starts them again.",
    "Their records say to which file they belong: it may have been changed meanwhile, be full of mistakes, or be " +
    "gone.",
    "With NAMEs it stops these, after their dependents; imp stop NAME stops one alone.",
    "On Ctrl-C the keepers finish the stops under way; the other daemons keep running.",
  ],
  options: DOWN_OPTIONS,
  permute: true,
  examples: [
    { line: "imp down", says: "all of imp.toml in this directory" },
    { line: "imp down db", says: "db, after everything that depends on it" },
    { line: "imp down --now -f shop/imp.toml", says: "with KILL at once" },
  ],
  exits: [
    ["0", "nothing of them is left, or they were not running"],
    ["1", "something could not be ended, or another command intervened"],
    ["2", "wrong usage; the file has no such daemon"],
  ],
  request: downRequest,
  run,
};

async function run({ names, file, grace, display }: DownRequest): Promise<number | undefined> {
  const home = keeperHome();
  refuseOthersHome(home);
  const ownedBy = (one: string) => ownedDaemons(home, canonicalPath(one));
  const found = findProjectFile(file, workingDirectory(), (one) => ownedBy(one).length > 0);
  const path = canonicalPath(found);
  const owned = ownedDaemons(home, path);
  if (owned.length === 0) {
    if (names.length > 0) throw new UsageError(`imp up has started no daemons for ${path}`);
    if (!display.quiet && !display.json) {
      warn(`imp down: imp up has started no daemons for ${printable(path)}`);
    }
    return EXIT.done;
  }
  const stopped = daemonsToStop(owned, meantBy(names, owned, path));
  const asked = new AskedToReturn();
  const telling = new SafeTelling();
  let worst: number = EXIT.done;
  await takeDown(owned, stopped, {
    ...{ home, grace, command: "imp down" },
    looks: new SharedLooks(),
    tags: new KeptTags(),
    isInterrupted: () => asked.signal !== undefined,
    evenUnrecorded: true,
    tell: telling.safely((outcome: StopOutcome) => {
      const isQuiet = display.quiet || isStopDone(outcome) && outcome.is === "not running";
      worst = Math.max(worst, tellStop(outcome, "imp down", { ...display, quiet: isQuiet }));
    }),
  });
  telling.end();
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return worst;
}

/** @throws UsageError */
function meantBy(
  words: readonly string[],
  owned: readonly OwnedDaemon[],
  file: string,
): readonly string[] {
  const all = owned.map(({ name }) => name);
  if (words.length === 0) return all;
  const { names, unknown } = selectNames({ words, all: false }, all);
  if (unknown.length === 0) return names;
  throw new UnknownWord(`${file} has no daemon '${unknown[0]}'`, unknown[0], all);
}
