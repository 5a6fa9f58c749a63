import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import { type Display, displayFrom, type Given } from "../../cli/options.ts";
import { checkQueueWord } from "../../queue/names.ts";
import { parseKeepAge, parseRate, type StartRate } from "../../queue/queue_settings.ts";
import type { RunVerb } from "../../queue/runs/run_actions.ts";
import { runtime } from "../../runtime/mod.ts";
import { type QueuePlace, queuePlace } from "../queues/place.ts";
import { placeWords } from "../queues/access_options.ts";
import type { RunsOption } from "./options.ts";

/** Selects runs. */
export interface RunSelection {
  readonly all: boolean;
  /** Names, or beginnings of names. */
  readonly words: readonly string[];
}

interface Common {
  readonly place: QueuePlace;
  readonly display: Display;
}

export type RunsRequest =
  & Common
  & (
    | { readonly does: "list" | "show"; readonly selection: RunSelection }
    | {
      readonly does: "failures";
      readonly selection: RunSelection;
      /** Only those that used up their deliveries. */
      readonly givenUp: boolean;
    }
    | {
      readonly does: RunVerb;
      readonly selection: RunSelection;
      readonly force: boolean;
      readonly yes: boolean;
    }
    | { readonly does: "set"; readonly change: SettingsChange }
    | { readonly does: "prune"; readonly change: SettingsChange }
  );

/** Undefined: unchanged; `none`: unset. */
export interface SettingsChange {
  readonly keepAge?: number | "none";
  readonly keepSize?: number | "none";
  readonly rate?: StartRate | "none";
}

export const RUNS_VERBS = [
  ...["list", "show", "failures", "pause", "resume", "cancel", "retry", "remove", "set", "prune"],
] as const;
type Verb = RunsRequest["does"];
const OF_VERB: Readonly<Record<string, readonly Verb[]>> = {
  "all": ["list", "show", "failures", "pause", "resume", "cancel", "retry", "remove"],
  "force": ["remove"],
  "yes": ["remove"],
  "given-up": ["failures"],
  "keep-age": ["set", "prune"],
  "keep-size": ["set", "prune"],
  "rate": ["set"],
};

/** @throws UsageError */
export function runsRequest(
  values: Given<RunsOption>,
  operands: readonly string[],
): RunsRequest {
  const [word = "list", ...words] = operands;
  const does = RUNS_VERBS.find((verb) => verb === word) as Verb | undefined;
  if (!does) {
    throw new UsageError(`'${word}' is not a subcommand of imp runs`, RUNS_VERBS.join(", "));
  }
  for (const [option, verbs] of Object.entries(OF_VERB)) {
    if (values.given(option as RunsOption["name"]) && !verbs.includes(does)) {
      throw new UsageError(`--${option} goes with ${verbs.join(", ")}, not with ${does}`);
    }
  }
  const common = { place: placeOf(values), display: displayFrom(values) };
  if (does === "set" || does === "prune") {
    if (words.length > 0) throw new UsageError(`unexpected word '${words[0]}'`);
    return { ...common, does, change: changeOf(values, does) };
  }
  const selection = selectionOf(does, values.has("all"), words);
  if (does === "list" || does === "show") return { ...common, does, selection };
  if (does === "failures") {
    return { ...common, does, selection, givenUp: values.has("given-up") };
  }
  return { ...common, does, selection, force: values.has("force"), yes: values.has("yes") };
}

function placeOf(values: Given<RunsOption>): QueuePlace {
  const url = values.text("on") ?? runtime.env("NATS_URL");
  if (url) return queuePlace(placeWords(url, values));
  throw new UsageError("no servers given", "use --on nats://HOST:PORT, or set NATS_URL");
}

function selectionOf(does: Verb, all: boolean, words: readonly string[]): RunSelection {
  for (const word of words) checkQueueWord("run", word);
  if (all && words.length > 0) throw new UsageError("--all and names cannot be used together");
  if (all || words.length > 0) return { all, words };
  if (does === "list" || does === "failures") return { all: true, words };
  throw new UsageError(
    `no run given to ${does}`,
    "imp runs list shows them; --all means every one",
  );
}

function changeOf(values: Given<RunsOption>, does: "set" | "prune"): SettingsChange {
  const [age, size, rate] = (["keep-age", "keep-size", "rate"] as const).map((name) =>
    values.text(name)
  );
  if (does === "set" && age === undefined && size === undefined && rate === undefined) {
    throw new UsageError("nothing to set", "use --keep-age D, --keep-size SIZE or --rate N/D");
  }
  return {
    keepAge: valueOf(age, parseKeepAge),
    keepSize: valueOf(size, parseSize),
    rate: valueOf(rate, parseRate),
  };
}

function valueOf<T>(text: string | undefined, parse: (text: string) => T): T | "none" | undefined {
  return text === undefined || text === "none" ? text : parse(text);
}
