import { EXIT } from "../../base/exit_codes.ts";
import { confirm } from "../../cli/confirm.ts";
import type { Command, Display } from "../../cli/options.ts";
import { canRedraw, print, printJson, styleFor, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { outputWidth } from "../../cli/width.ts";
import {
  askParent,
  endParent,
  type RemedyOutcome,
  whyParentStays,
} from "../../family/zombie_remedies.ts";
import { readZombies, type ZombieReport } from "../../family/zombies.ts";
import { windowSize } from "../../libc/descriptors/tty.ts";
import { runtime } from "../../runtime/mod.ts";
import { missingText } from "../pids.ts";
import { MAX_LISTED, outcomeLine, zombiesJson, zombiesView } from "./view.ts";
import {
  ZOMBIES_OPTIONS,
  type ZombiesRemedy,
  type ZombiesRequest,
  zombiesRequest,
} from "./request.ts";

export const zombiesCommand: Command<ZombiesRequest, typeof ZOMBIES_OPTIONS[number]> = {
  name: "zombies",
  usage: [
    "zombies [--json] [PID...]",
    "zombies --watch [--every D] [PID...]",
    "zombies --ask | --end-parent [--grace D] [--yes] [PID...]",
  ],
  description: [
    "Lists every zombie: a process that has ended and that its parent has not waited for, so that the kernel still " +
    "keeps its PID and exit status. For each parent it shows what it does about SIGCHLD, why its zombies stay, and " +
    "what helps, in the order in which to try it. Signals have no effect on a zombie itself.",
    "With PIDs, of zombies or of parents, it shows and acts on only these.",
    "A process whose first thread has ended while others run has state Z too. It is not a zombie and is not listed.",
    "ENDED is the time since a zombie last ran, from the scheduler's statistics (/proc/PID/sched), because the kernel " +
    "does not record when a process ends; `unknown` where these are missing. STATUS is visible only to root and the " +
    "owner.",
  ],
  options: ZOMBIES_OPTIONS,
  permute: true,
  examples: [
    { line: "imp zombies", says: "who does not reap whom, why, and what to do" },
    { line: "imp zombies --watch", says: "keep looking, for a leak that grows" },
    { line: "imp zombies --ask 812", says: "remind process 812 of its children" },
    {
      line: "imp zombies --end-parent --yes 812",
      says: "end process 812; init adopts its zombies and reaps them",
    },
    {
      line: "imp zombies --json | jq '.parents[] | {pid, comm, n: (.zombies | length)}'",
      says: "for a script (docs/zombies-and-orphans.md describes the JSON)",
    },
  ],
  exits: [
    ["0", "there are no zombies (with --ask, --end-parent: none of those is left)"],
    ["1", "there are zombies"],
    ["2", "wrong usage, or --yes is missing and there is no terminal to ask on"],
  ],
  request: zombiesRequest,
  run: async ({ pids, act, display }) => {
    if (act.do === "watch") return await watch(pids, act.everyMs, display);
    const report = act.do === "list" ? readFor(pids, display) : readZombies(pids);
    for (const pid of report.missing) {
      warn(`imp zombies: ${missingText(pid, "there is no process")}`);
    }
    if (act.do !== "list") return await remedy(report, act, display);
    show(report, display);
    return report.count > 0 ? EXIT.no : EXIT.done;
  },
};

/** Of thousands, people are shown some, programs all. */
function readFor(only: readonly number[], { json }: Display): ZombieReport {
  return readZombies(only, json ? Infinity : MAX_LISTED);
}

function show(report: ZombieReport, display: Display): void {
  if (display.quiet) return;
  if (display.json) printJson(zombiesJson(report));
  else print(textOf(report, display));
}

function textOf(report: ZombieReport, { color }: Display): string {
  return zombiesView(report, styleFor(color), outputWidth()).join("\n");
}

/** Ends by a signal, or by an error when the reader is gone. */
async function watch(
  only: readonly number[],
  everyMs: number,
  display: Display,
): Promise<never> {
  for (let first = true;; first = false) {
    const report = readFor(only, display);
    if (display.json) printJson(zombiesJson(report));
    else if (canRedraw(1)) print(screenful(textOf(report, display)));
    else print(`${first ? "" : "\n"}${textOf(report, display)}`);
    await runtime.sleep(everyMs);
  }
}

/** A single write, to avoid flicker; what does not fit the screen is cut off at the end. */
function screenful(text: string): string {
  const lines = text.split("\n");
  const room = (windowSize(1)?.rows ?? 24) - 1;
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), "..."];
  return `\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`;
}

async function remedy(
  report: ZombieReport,
  act: ZombiesRemedy,
  display: Display,
): Promise<number> {
  if (report.count === 0) {
    show(report, display);
    return EXIT.done;
  }
  const ending = act.do === "end-parent";
  const possible = ending ? report.parents.filter((one) => !whyParentStays(one)) : report.parents;
  const names = possible.map(({ pid, parent }) => `${pid} ${printable(parent?.comm ?? "?")}`);
  const question = ending ? `End ${names.join(", ")}?` : `Send SIGCHLD to ${names.join(", ")}?`;
  if (possible.length > 0 && !confirm(question, act.yes)) {
    warn("imp zombies: nothing was done");
    return EXIT.no;
  }
  const outcomes: RemedyOutcome[] = [];
  for (const one of report.parents) {
    outcomes.push(ending ? await endParent(one, act.graceMs) : await askParent(one));
  }
  const failed = outcomes.filter(({ left }) => left.length > 0);
  if (display.json) printJson({ outcomes });
  else if (!display.quiet) print(outcomes.map(outcomeLine).join("\n"));
  else for (const outcome of failed) warn(`imp zombies: ${outcomeLine(outcome)}`);
  return failed.length > 0 ? EXIT.no : EXIT.done;
}
