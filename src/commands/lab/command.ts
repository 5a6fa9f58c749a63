import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type Command, JSON_OPTION, type Values } from "../../cli/options.ts";
import { print, useColor, warn } from "../../cli/output.ts";
import { styles } from "../../cli/style.ts";
import { outputWidth } from "../../cli/width.ts";
import { Interrupted } from "../../compare/interrupt.ts";
import { runLab } from "../../lab/lab.ts";
import type { ScenarioRun } from "../../lab/run.ts";
import type { Scenario } from "../../lab/scenario.ts";
import { SCENARIOS } from "../../lab/scenarios/mod.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { describeJson, outcomeJson } from "./json.ts";
import { explanation, listView, outcomeView, summary } from "./view.ts";

const SPEED = 4;
const SLOWEST = 0.1, FASTEST = 20;
const AT_ONCE = 4;

export const labCommand: Command = {
  name: "lab",
  usage: ["lab [--list]", "lab ID... [OPTIONS]", "lab --all [OPTIONS]"],
  description: [
    "Plays what tutorials tell about processes, daemons, zombies, orphans and pools: starts real processes, writes down what the kernel says of them, and compares that with what must hold. For each scenario it prints the claim, a timeline of what was observed, and a verdict for each rule. Where a claim is wrong or needs care, it says so.",
    "Nothing is printed from a script: lines come from the processes' own output, and who wrote them, states, parents, groups, sessions and terminals from the kernel. Some outcomes are races; these are told and not judged.",
    "Works for every user and leaves nothing behind, neither processes nor files, even when it is interrupted or killed.",
  ],
  options: [
    { name: "all", summary: "play every scenario, several at once" },
    { name: "list", summary: "list the scenarios (also without any ID)" },
    {
      name: "explain",
      summary:
        "play nothing: tell what is to be learned, what is claimed, and where care is needed",
    },
    {
      name: "speed",
      value: "N",
      summary:
        `time goes N times as fast as in the tutorials (default ${SPEED}, ${SLOWEST} to ${FASTEST}); the ratios stay`,
    },
    JSON_OPTION,
  ],
  examples: [
    { line: "imp lab", says: "what is there?" },
    { line: "imp lab zombie orphan", says: "play two scenarios" },
    { line: "imp lab daemon-join --explain", says: "what is to be learned from it" },
    { line: "imp lab --all", says: "everything, in well under a minute" },
    { line: "imp lab two-pids --speed 1", says: "as slowly as its tutorial" },
    {
      line: "imp lab --all --json | jq -r 'select(.verdict == \"fails\") | .scenario'",
      says: "for a script (docs/lab.md describes the JSON)",
    },
  ],
  permute: true,
  exits: [
    ["0", "whatever must hold does"],
    ["1", "something does not hold"],
    ["128+n", "interrupted by signal n; imp itself dies by that signal"],
  ],
  run: async (values, ids) => {
    const chosen = choose(ids, values.has("all"));
    const json = values.has("json");
    if (values.has("list") || chosen.length === 0 && !values.has("explain")) {
      refuseBoth(values, ids);
      return list(json);
    }
    if (values.has("explain")) return explain(chosen.length === 0 ? SCENARIOS : chosen, values);
    return await play(chosen, values);
  },
};

function choose(ids: readonly string[], all: boolean): readonly Scenario[] {
  if (all && ids.length > 0) throw new UsageError("--all and scenarios exclude each other");
  if (all) return SCENARIOS;
  const known = SCENARIOS.map(({ id }) => id);
  return [...new Set(ids)].map((id) => {
    const scenario = SCENARIOS.find((one) => one.id === id);
    if (scenario) return scenario;
    throw Object.assign(new UsageError(`no scenario is called '${id}'`, "imp lab lists them"), {
      word: id,
      known,
    });
  });
}

function refuseBoth(values: Values, ids: readonly string[]): void {
  if (ids.length > 0) throw new UsageError("--list takes no scenario");
  if (values.has("all") || values.has("explain")) {
    throw new UsageError("--list goes with neither --all nor --explain");
  }
}

function list(json: boolean): number {
  if (json) {
    for (const { id, title, topic } of SCENARIOS) {
      print(JSON.stringify({ scenario: id, title, topic }));
    }
  } else print(listView(SCENARIOS, outputWidth()).join("\n"));
  return EXIT.done;
}

function explain(scenarios: readonly Scenario[], values: Values): number {
  if (values.has("json")) { for (const one of scenarios) print(JSON.stringify(describeJson(one))); }
  else {
    const style = styles(useColor(values.text("color"), 1));
    print(scenarios.map((one) => explanation(one, style, outputWidth()).join("\n")).join("\n\n"));
  }
  return EXIT.done;
}

async function play(scenarios: readonly Scenario[], values: Values): Promise<number> {
  const outcomes: ScenarioRun[] = [];
  const style = styles(useColor(values.text("color"), 1));
  const quiet = values.has("quiet");
  const tell = (outcome: ScenarioRun) => {
    const first = outcomes.push(outcome) === 1;
    if (values.has("json")) print(JSON.stringify(outcomeJson(outcome)));
    else if (!quiet) {
      const lines = outcomeView(outcome, style, outputWidth());
      print([...(first ? [] : [""]), ...lines].join("\n"));
    }
  };
  const speed = speedOf(values.text("speed"));
  try {
    await runLab({ scenarios, speed, atOnce: AT_ONCE, tell });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (!quiet) warn(`imp lab: ${error.message}, everything is cleared away`);
    return dieBy(error.signal);
  }
  if (!values.has("json") && !quiet && outcomes.length > 1) {
    print(["", ...summary(outcomes, style)].join("\n"));
  }
  return outcomes.every(({ good }) => good) ? EXIT.done : EXIT.no;
}

function speedOf(text: string | undefined): number {
  if (text === undefined) return SPEED;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (speed >= SLOWEST && speed <= FASTEST) return speed;
  const hint = "faster, processes take longer to start than they sleep, and the order is lost";
  throw new UsageError(`--speed is a number from ${SLOWEST} to ${FASTEST}, not '${text}'`, hint);
}
