import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Display } from "../../cli/options.ts";
import { print, printJson, printLine, styleFor, warn } from "../../cli/output.ts";
import { outputWidth } from "../../cli/width.ts";
import { runLab } from "../../lab/lab.ts";
import type { ScenarioRun } from "../../lab/run.ts";
import type { Scenario } from "../../lab/scenario.ts";
import { SCENARIOS } from "../../lab/scenarios/mod.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { describeJson, outcomeJson } from "./json.ts";
import { explanation, listView, outcomeView, summary } from "./view.ts";
import { LAB_OPTIONS, labRequest, type PlayRequest, type ScenarioRequest } from "./request.ts";
import { Interrupted } from "../../base/errors.ts";

const AT_ONCE = 4;

export const labCommand: Command<ScenarioRequest, typeof LAB_OPTIONS[number]> = {
  name: "lab",
  usage: ["lab [--list]", "lab ID... [--html [-o FILE]] [OPTIONS]", "lab --all [OPTIONS]"],
  description: [
    "Tries what tutorials say about processes, daemons, zombies, orphans and pools: starts real processes, records " +
    "what the kernel says about them, and checks it against what must hold. For each scenario it prints the claim, a " +
    "timeline of what was observed, and a verdict for each rule. If a claim is wrong or needs care, it says so.",
    "None of the output is prepared: lines come from the processes themselves; their authors, states, parents, " +
    "groups, sessions and terminals come from the kernel. Some outcomes are races; these are reported, not judged.",
    "Works for every user and leaves no process or file behind, even if it is interrupted or killed.",
  ],
  options: LAB_OPTIONS,
  examples: [
    { line: "imp lab", says: "list the scenarios" },
    { line: "imp lab zombie orphan", says: "run two scenarios" },
    { line: "imp lab daemon-join --explain", says: "what it teaches" },
    { line: "imp lab --all", says: "everything, in well under a minute" },
    {
      line: "imp lab orphan zombie --html -o lab.html",
      says: "a page to teach from, with drawings",
    },
    { line: "imp lab two-pids --speed 1", says: "at the speed of its tutorial" },
    {
      line: "imp lab --all --json | jq -r 'select(.verdict == \"fails\") | .scenario'",
      says: "for a script (docs/lab.md describes the JSON)",
    },
  ],
  permute: true,
  exits: [
    ["0", "all rules hold"],
    ["1", "a rule does not hold"],
    ["128+n", "interrupted by signal n; imp itself dies by that signal"],
  ],
  request: labRequest,
  run: async (request) => {
    switch (request.act) {
      case "list":
        return list(request.display);
      case "explain":
        return explain(request.scenarios, request.display);
      case "play":
        return await play(request);
    }
  },
};

function list({ json }: Display): number {
  if (json) {
    for (const { id, title, topic } of SCENARIOS) {
      printJson({ scenario: id, title, topic });
    }
  } else print(listView(SCENARIOS, outputWidth()).join("\n"));
  return EXIT.done;
}

function explain(scenarios: readonly Scenario[], { json, color }: Display): number {
  if (json) { for (const one of scenarios) printJson(describeJson(one)); }
  else {
    const style = styleFor(color);
    print(scenarios.map((one) => explanation(one, style, outputWidth()).join("\n")).join("\n\n"));
  }
  return EXIT.done;
}

async function play({ scenarios, speed, page, display }: PlayRequest): Promise<number> {
  const { json, quiet, color } = display;
  const outcomes: ScenarioRun[] = [];
  const style = styleFor(color);
  const tell = (outcome: ScenarioRun) => {
    const first = outcomes.push(outcome) === 1;
    if (page) return;
    if (json) printJson(outcomeJson(outcome));
    else if (!quiet) {
      const lines = outcomeView(outcome, style, outputWidth());
      print([...(first ? [] : [""]), ...lines].join("\n"));
    }
  };
  try {
    await runLab({ scenarios, speed, atOnce: AT_ONCE, tell });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (!quiet) warn(`imp lab: ${error.message}, everything is cleared away`);
    return dieBy(error.signal);
  }
  if (page) await writePage(outcomes, page.file);
  else if (!json && !quiet && outcomes.length > 1) {
    print(["", ...summary(outcomes, style)].join("\n"));
  }
  return outcomes.every(({ good }) => good) ? EXIT.done : EXIT.no;
}

// Loaded only on request.
async function writePage(
  outcomes: readonly ScenarioRun[],
  file: string | undefined,
): Promise<void> {
  const { labPage } = await import("./page.ts");
  const text = labPage(outcomes);
  if (file === undefined) return printLine(text);
  (await import("../../report/write_page.ts")).replaceFile(file, text);
}
