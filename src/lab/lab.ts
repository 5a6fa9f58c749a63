import { Experiment } from "../compare/shells.ts";
import { makePrivate, removeTree } from "../libc/descriptors/directory.ts";
import { runScenario, type RunSetting, type ScenarioRun } from "./run.ts";
import type { Scenario } from "./scenario.ts";

export interface LabRequest {
  readonly scenarios: readonly Scenario[];
  readonly speed: number;
  /** How many scenarios run at once: most of them sleep most of the time. */
  readonly atOnce: number;
  /** Receives each outcome in the order of `scenarios`, as soon as it is known. */
  tell(outcome: ScenarioRun): void;
}

/** Set for every process started by the lab. */
const TAG = "IMP_LAB_ID";

/**
 * Plays scenarios with real processes. Nothing is left behind.
 * @throws Interrupted if a signal asked to stop; ImpError
 */
export async function runLab(request: LabRequest): Promise<void> {
  const experiment = new Experiment("lab", TAG);
  const { directory, guard } = experiment;
  try {
    makePrivate(directory);
    await playAll(request, {
      id: guard.id,
      speed: request.speed,
      directory,
      environment: guard.tagged(),
      check: () => experiment.check(),
    });
  } finally {
    removeTree(directory);
    experiment.end();
  }
}

async function playAll(request: LabRequest, setting: RunSetting): Promise<void> {
  const { scenarios, atOnce, tell } = request;
  const outcomes: (ScenarioRun | undefined)[] = scenarios.map(() => undefined);
  let next = 0, told = 0;
  let failure: unknown;
  const check = () => {
    // All must have stopped before anything is removed.
    if (failure) throw failure;
    setting.check();
  };
  const player = async () => {
    while (next < scenarios.length && !failure) {
      const at = next++;
      try {
        outcomes[at] = await runScenario(scenarios[at], { ...setting, check });
        for (let one; (one = outcomes[told]); told++) tell(one);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, scenarios.length) }, player));
  if (failure) throw failure;
}
