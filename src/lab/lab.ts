import { SIGCHLD } from "../libc/abi.ts";
import { Interruption } from "../compare/interrupt.ts";
import { Guard } from "../termination/guard.ts";
import { makePrivate, removeTree } from "../libc/descriptors/directory.ts";
import { closeOnExecFrom } from "../libc/processes/process.ts";
import { resetSignal } from "../libc/processes/signals.ts";
import { callersVariable } from "../libc/processes/process_image.ts";
import { runScenario, type RunSetting, type ScenarioRun } from "./run.ts";
import type { Scenario } from "./scenario.ts";

export interface LabRequest {
  readonly scenarios: readonly Scenario[];
  readonly speed: number;
  /** How many are played at once: most of them sleep most of the time. */
  readonly atOnce: number;
  /** Gets each outcome in the order of `scenarios`, as soon as it is there. */
  tell(outcome: ScenarioRun): void;
}

/** Every process that the lab starts has it. */
const TAG = "IMP_LAB_ID";

/**
 * Plays scenarios with real processes. Nothing is left behind, whatever ends it: what was started carries a mark, and a
 * guard looks for it when this process is killed.
 * @throws Interrupted when a signal asked to stop; ImpError
 */
export async function runLab(request: LabRequest): Promise<void> {
  const directory = newDirectory();
  const interruption = new Interruption();
  // Ignored, as the caller may have left it, it would leave no zombies, which are part of the plays: wait(2).
  resetSignal(SIGCHLD);
  closeOnExecFrom(3);
  const guard = new Guard({ command: "lab", tag: TAG, directory, unattended: true });
  guard.start();
  try {
    makePrivate(directory);
    await playAll(request, {
      id: guard.id,
      speed: request.speed,
      directory,
      environment: guard.tagged(),
      check: () => interruption.check(),
    });
  } finally {
    removeTree(directory);
    guard.dismiss();
    interruption.release();
  }
}

async function playAll(request: LabRequest, setting: RunSetting): Promise<void> {
  const { scenarios, atOnce, tell } = request;
  const outcomes: (ScenarioRun | undefined)[] = scenarios.map(() => undefined);
  let next = 0, told = 0;
  let failure: unknown;
  const check = () => {
    // All must have stopped before anything is cleared away.
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

function newDirectory(): string {
  const parent = callersVariable("TMPDIR");
  return `${parent?.startsWith("/") ? parent : "/tmp"}/imp-lab-${crypto.randomUUID()}`;
}
