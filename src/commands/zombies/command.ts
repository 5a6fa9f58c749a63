import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { confirm } from "../../cli/confirm.ts";
import { type Command, JSON_OPTION, type Values } from "../../cli/options.ts";
import { isTerminal, print, useColor, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { styles } from "../../cli/style.ts";
import { outputWidth } from "../../cli/width.ts";
import {
  askParent,
  endParent,
  type RemedyOutcome,
  whyParentStays,
} from "../../family/zombie_remedies.ts";
import { readZombies, type ZombieReport } from "../../family/zombies.ts";
import { windowSize } from "../../libc/descriptors/window_size.ts";
import { runtime } from "../../runtime/mod.ts";
import { missingText, pidOperand } from "../pids.ts";
import { zombiesJson } from "./json.ts";
import { MAX_LISTED, outcomeLine, zombiesView } from "./view.ts";

/** --watch must leave the machine time for other things. */
const SHORTEST_MS = 10;

export const zombiesCommand: Command = {
  name: "zombies",
  usage: [
    "zombies [--json] [PID...]",
    "zombies --watch [--every D] [PID...]",
    "zombies --ask | --end-parent [--grace D] [--yes] [PID...]",
  ],
  description: [
    "Lists every zombie: a process that has ended and that its parent has not waited for, so that its PID and its exit " +
    "status are still kept. They stand below their parents, with what each parent does about SIGCHLD, why they stay, and " +
    "what helps, in the order in which to try it. No signal does anything to a zombie itself.",
    "With PIDs, of zombies or of parents, only those are shown and acted upon.",
    "A process whose first thread has ended while others run has state Z too. It is no zombie and is not listed.",
    "ENDED is the time since a zombie last ran, from the scheduler's statistics (/proc/PID/sched): the kernel keeps no " +
    "time of ending as such. Where these are missing it says so. STATUS is shown to root and to the owner only.",
  ],
  options: [
    { name: "watch", short: "w", summary: "show it again and again until interrupted" },
    { name: "every", value: "D", summary: "with --watch: how often (default 1s, at least 10ms)" },
    { name: "ask", summary: "send SIGCHLD to the parents, and see whether they reap" },
    {
      name: "end-parent",
      summary: "end the parents (SIGTERM, then SIGKILL), so that init adopts and reaps",
    },
    {
      name: "grace",
      value: "D",
      summary: "with --end-parent: from SIGTERM to SIGKILL (default 5s)",
    },
    { name: "yes", short: "y", summary: "do not ask before it; needed without a terminal" },
    JSON_OPTION,
  ],
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
    ["0", "there are no zombies (with --ask, --end-parent: none is left of those)"],
    ["1", "there are zombies"],
    ["2", "usage error; --yes is missing where nobody can be asked"],
  ],
  run: async (values, operands) => {
    const only = operands.map(pidOperand);
    checkCombination(values);
    if (values.has("watch")) return await watch(values, only);
    const acts = values.has("ask") || values.has("end-parent");
    const report = acts ? readZombies(only) : readFor(values, only);
    for (const pid of report.missing) {
      warn(`imp zombies: ${missingText(pid, "there is no process")}`);
    }
    if (acts) return await act(values, report);
    show(values, report);
    return report.count > 0 ? EXIT.no : EXIT.done;
  },
};

function checkCombination(values: Values): void {
  const chosen = ["watch", "ask", "end-parent"].filter((name) => values.has(name));
  if (chosen.length > 1) {
    throw new UsageError(`--${chosen[0]} and --${chosen[1]} do not go together`);
  }
}

/** People are shown some of thousands, programs all. */
function readFor(values: Values, only: readonly number[]): ZombieReport {
  return readZombies(only, values.has("json") ? Infinity : MAX_LISTED);
}

function show(values: Values, report: ZombieReport): void {
  if (!values.has("quiet")) print(textOf(values, report));
}

function textOf(values: Values, report: ZombieReport): string {
  if (values.has("json")) return JSON.stringify(zombiesJson(report));
  const style = styles(useColor(values.text("color"), 1));
  return zombiesView(report, style, outputWidth()).join("\n");
}

/** Ends by a signal, or by an error when nobody reads any more. */
async function watch(values: Values, only: readonly number[]): Promise<never> {
  const every = parseDuration(values.text("every") ?? "1s");
  if (every < SHORTEST_MS) throw new UsageError(`--every: at least ${SHORTEST_MS}ms`);
  for (let first = true;; first = false) {
    const text = textOf(values, readFor(values, only));
    if (values.has("json")) print(text);
    else if (isTerminal(1)) print(screenful(text));
    else print(first ? text : `\n${text}`);
    await runtime.sleep(every);
  }
}

/** In one write, so that nothing flickers; what the screen has no room for is left out at the end. */
function screenful(text: string): string {
  const lines = text.split("\n");
  const room = (windowSize(1)?.rows ?? 24) - 1;
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), "…"];
  return `\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`;
}

async function act(values: Values, report: ZombieReport): Promise<number> {
  if (report.count === 0) {
    show(values, report);
    return EXIT.done;
  }
  const ending = values.has("end-parent");
  const grace = parseDuration(values.text("grace") ?? "5s");
  const possible = ending ? report.parents.filter((one) => !whyParentStays(one)) : report.parents;
  const names = possible.map(({ pid, parent }) => `${pid} ${printable(parent?.comm ?? "?")}`);
  const question = ending ? `End ${names.join(", ")}?` : `Send SIGCHLD to ${names.join(", ")}?`;
  if (possible.length > 0 && !confirm(question, values.has("yes"))) {
    warn("imp zombies: nothing was done");
    return EXIT.no;
  }
  const outcomes: RemedyOutcome[] = [];
  for (const one of report.parents) {
    outcomes.push(ending ? await endParent(one, grace) : await askParent(one));
  }
  const failed = outcomes.filter(({ left }) => left.length > 0);
  if (values.has("json")) print(JSON.stringify({ outcomes }));
  else if (!values.has("quiet")) print(outcomes.map(outcomeLine).join("\n"));
  else for (const outcome of failed) warn(`imp zombies: ${outcomeLine(outcome)}`);
  return failed.length > 0 ? EXIT.no : EXIT.done;
}
