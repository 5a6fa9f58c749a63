import { UsageError } from "../../base/errors.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import { UnknownWord } from "../../cli/parse.ts";
import type { Scenario } from "../../lab/scenario.ts";
import { SCENARIOS } from "../../lab/scenarios/mod.ts";

const SPEED = 4;
const SLOWEST = 0.1, FASTEST = 20;

export const LAB_OPTIONS = [
  { name: "all", summary: "run every scenario, several at once" },
  { name: "list", summary: "list the scenarios (default without an ID)" },
  {
    name: "explain",
    summary:
      "run nothing: explain what the scenario shows, what is claimed, and where care is needed",
  },
  {
    name: "speed",
    value: "N",
    summary: `run N times as fast as the tutorials (${SLOWEST} to ${FASTEST}, default ${SPEED})`,
  },
  {
    name: "format",
    value: "FORMAT",
    choices: ["text", "json", "html"],
    summary: "text (default), json, or html: a page to teach from, with drawings",
  },
  { name: "html", summary: "the same as --format html" },
  {
    name: "output",
    short: "o",
    value: "FILE",
    summary: "with html: write to FILE, whole or not at all, instead of standard output",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
type LabOption = typeof LAB_OPTIONS[number];

export type ScenarioRequest =
  | { readonly act: "list"; readonly display: Display }
  | { readonly act: "explain"; readonly scenarios: readonly Scenario[]; readonly display: Display }
  | PlayRequest;

export interface PlayRequest {
  readonly act: "play";
  readonly scenarios: readonly Scenario[];
  readonly speed: number;
  /** As a page, to this file or standard output. */
  readonly page?: { readonly file?: string };
  readonly display: Display;
}

/** @throws UsageError */
export function labRequest(values: Given<LabOption>, ids: readonly string[]): ScenarioRequest {
  const scenarios = choose(ids, values.has("all"));
  const page = pageFrom(values);
  const display = {
    ...displayFrom(values),
    json: values.has("json") || values.text("format") === "json",
  };
  const explains = values.has("explain");
  const speed = values.text("speed");
  if (values.has("list")) refuseWithList(values, ids);
  else if (scenarios.length > 0 && !explains) {
    return { act: "play", scenarios, speed: speedOf(speed), page, display };
  }
  if (page) {
    throw new UsageError("--html needs scenarios to play", "for example: imp lab zombie --html");
  }
  if (speed !== undefined) {
    throw new UsageError("--speed needs scenarios to play", "imp lab --all plays every one");
  }
  if (!explains) return { act: "list", display };
  return { act: "explain", scenarios: scenarios.length === 0 ? SCENARIOS : scenarios, display };
}

function pageFrom(values: Given<LabOption>): PlayRequest["page"] {
  const format = values.text("format");
  const html = values.has("html") || format === "html";
  const file = values.text("output");
  if (html && (values.has("json") || format === "json" || format === "text")) {
    throw new UsageError("a page is one format, and --json or --format another: give one of them");
  }
  if (values.has("json") && format === "text") {
    throw new UsageError("--json and --format text cannot be used together");
  }
  if (file === "") throw new UsageError("--output needs a name, and it is empty");
  if (html) return { file };
  if (file !== undefined) throw new UsageError("--output needs --html");
  return undefined;
}

function choose(ids: readonly string[], all: boolean): readonly Scenario[] {
  if (all && ids.length > 0) throw new UsageError("--all and scenarios cannot be used together");
  if (all) return SCENARIOS;
  const known = SCENARIOS.map(({ id }) => id);
  return [...new Set(ids)].map((id) => {
    const scenario = SCENARIOS.find((one) => one.id === id);
    if (scenario) return scenario;
    throw new UnknownWord(`no scenario is called '${id}'`, id, known, "imp lab lists them");
  });
}

function refuseWithList(values: Given<LabOption>, ids: readonly string[]): void {
  if (ids.length > 0) throw new UsageError("--list takes no scenario");
  if (values.has("all") || values.has("explain")) {
    throw new UsageError("--list goes with neither --all nor --explain");
  }
}

function speedOf(text: string | undefined): number {
  if (text === undefined) return SPEED;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (speed >= SLOWEST && speed <= FASTEST) return speed;
  const hint = "faster, processes take longer to start than they sleep, and the order is lost";
  throw new UsageError(`--speed is a number from ${SLOWEST} to ${FASTEST}, not '${text}'`, hint);
}
