import { ImpError } from "../base/errors.ts";
import { makePrivate, removeTree } from "../libc/descriptors/directory.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { runtime } from "../runtime/mod.ts";
import { type Check, checkRules, isGood, type LabEvent } from "./rules.ts";
import type { Scenario } from "./scenario.ts";
import { PATIENCE_MS, Stage } from "./stage.ts";
import { listTree } from "../termination/look.ts";
import { TaggedTree } from "../termination/tagged_tree.ts";
import { killTree } from "../termination/termination.ts";

/** What all scenarios of a run have in common. */
export interface RunSetting {
  /** Names the run. */
  readonly id: string;
  /** How many times faster than in the documents time passes. */
  readonly speed: number;
  /** A directory for this run alone; it exists. */
  readonly directory: string;
  readonly environment: readonly Bytes[];
  /** Called at every step; throws if everything must stop. */
  check(): void;
}

/** What was seen of a scenario, and how it compares. */
export interface ScenarioRun {
  readonly scenario: Scenario;
  /** How long it took, milliseconds. */
  readonly ms: number;
  /** Milliseconds per second of the documents. */
  readonly second: number;
  /** Where its files were. */
  readonly directory: string;
  readonly events: readonly LabEvent[];
  readonly checks: readonly Check[];
  readonly good: boolean;
  /** It cannot be played here, or something of it is left. */
  readonly isBroken: boolean;
  /** The longest time for which the machine stalled, as far as this process could see, milliseconds. */
  readonly stall: number;
  /** How often it was played: again, and slower, if the machine could not keep up. */
  readonly tries: number;
}

const MOST_TRIES = 3;

/**
 * Plays one scenario and leaves nothing behind. If the rules do not hold, the scenario is played again at half the
 * speed: its processes may have been kept waiting although this one was not, or one may have ended before it was seen.
 * @throws whatever `check` throws
 */
export async function runScenario(scenario: Scenario, setting: RunSetting): Promise<ScenarioRun> {
  for (let tries = 1;; tries++) {
    const speed = setting.speed / 2 ** (tries - 1);
    const outcome = await play(scenario, { ...setting, speed }, tries);
    if (outcome.good || outcome.isBroken || tries === MOST_TRIES) return outcome;
  }
}

async function play(scenario: Scenario, setting: RunSetting, tries: number): Promise<ScenarioRun> {
  const began = runtime.now();
  const scene = `${setting.id}/${scenario.id}`;
  const directory = `${setting.directory}/${scenario.id}`;
  const second = 1000 / setting.speed / (scenario.hurry ?? 1);
  makePrivate(directory);
  const stage = new Stage({
    id: scenario.id,
    names: scenario.names ?? [],
    second,
    directory,
    follow: scenario.follow ?? true,
    environment: [...setting.environment, `${SCENE_VARIABLE}=${scene}`],
    check: () => setting.check(),
  });
  const problems: Check[] = [];
  try {
    await scenario.play(stage);
    problems.push(await nothingLeft(stage, scene));
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    problems.push(broken("it can be played here", error.message));
  } finally {
    stage.finish();
    const ended = await killTree(treeOf(scene).scope, QUIET_LOOKS, () => stage.reap());
    stage.close();
    removeTree(directory);
    if (!ended) problems.push(broken("everything could be ended", remains(scene).join(", ")));
  }
  const checks = [...checkRules(scenario.rules, stage.events), ...problems];
  const ms = Math.round(runtime.now() - began);
  const { events, stall } = stage;
  const good = isGood(checks);
  const isBroken = !isGood(problems);
  return { scenario, ms, second, directory, events, checks, good, isBroken, stall, tries };
}

/** Searches the environments of all processes, wherever they may have gone. */
async function nothingLeft(stage: Stage, scene: string): Promise<Check> {
  const rule = "no process of it is left in the end";
  if (await stage.until(() => remains(scene).length === 0, PATIENCE_MS)) {
    return { rule, kind: "must", verdict: "holds", seen: true, why: "/proc has none" };
  }
  return broken(rule, `still there: ${remains(scene).join(", ")}`);
}

function broken(rule: string, why: string): Check {
  return { rule, kind: "must", verdict: "fails", seen: false, why };
}

/** Set for every process that a scenario starts: `RUN/SCENARIO`. */
const SCENE_VARIABLE = "IMP_LAB_SCENE";

/** A process between fork and exec carries no tag yet. */
const QUIET_LOOKS = 3;

/** The living processes that carry the mark of a scenario, and those below them. */
function remains(scene: string): number[] {
  const tree = treeOf(scene);
  return listTree(tree.scope).map(({ pid }) => pid);
}

function treeOf(scene: string): TaggedTree {
  return new TaggedTree({ variable: SCENE_VARIABLE, matches: (value) => value === scene });
}
