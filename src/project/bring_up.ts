import { runtime } from "../runtime/mod.ts";
import { type KeptPlace, keptPlace } from "../keeper/home.ts";
import { type AtBootOutcome, setAtBoot } from "../keeper/boot/set_at_boot.ts";
import { observeKept } from "../keeper/observe/observe.ts";
import { writeKeptSettings } from "../keeper/records/kept_records.ts";
import { underFreeLock } from "../keeper/records/name_lock_wait.ts";
import { readIntentRecord, readSettingsRecord } from "../keeper/records/reading.ts";
import { baseOf } from "../keeper/selection.ts";
import { startByName } from "../keeper/start/start_by_name.ts";
import type { StartContext, StartKeptOutcome } from "../keeper/start/start_outcome.ts";
import { settingDifferences } from "../keeper/start/settings_difference.ts";
import { StartPace } from "../keeper/start/start_pace.ts";
import { FirstSearch } from "../keeper/waiter/find_waiters.ts";
import { removeKept, type RemoveOutcome } from "../keeper/stop/remove_kept.ts";
import type { StopContext } from "../keeper/stop/stop_context.ts";
import { stopKept } from "../keeper/stop/stop_kept.ts";
import type { StopOutcome } from "../keeper/stop/stop_outcome.ts";
import {
  type Dependency,
  type DependencyGraph,
  parseDependency,
  reversed,
} from "./dependencies.ts";
import { inDependencyOrder } from "./dependency_order.ts";
import type { PlanStep } from "./plan.ts";

/** What became of one step. */
export type UpResult =
  | { readonly is: "started"; readonly outcome: StartKeptOutcome }
  | { readonly is: "stays" }
  /** Only the setting for boot differed from the file. */
  | { readonly is: "at boot"; readonly outcome: AtBootOutcome }
  | { readonly is: "stopped"; readonly outcome: StopOutcome }
  | { readonly is: "removed"; readonly outcome: RemoveOutcome }
  | { readonly is: "refused" }
  /**
   * @field way what it depends on, what that depends on, and so on up to the one that failed @field why that one failed
   */
  | { readonly is: "held back"; readonly way: readonly string[]; readonly why: string }
  /** A signal came first. */
  | { readonly is: "not begun" };

/** The progress of a daemon, for whoever watches. */
export type UpProgress =
  | { readonly is: "waits"; readonly on: readonly string[] }
  | { readonly is: "begins" }
  | { readonly is: "done"; readonly result: UpResult };

export interface UpContext extends Omit<StopContext, "grace" | "command"> {
  readonly home: string;
  /** Wait until all are ready; otherwise only for those that others depend on. */
  readonly wait: boolean;
  /** Throws nothing: what was begun is finished, whether or not anybody reads about it. */
  readonly tell: (step: PlanStep, progress: UpProgress) => void;
  readonly tellSlow?: StartContext["tellSlow"];
  /** Why the outcome of a start is a failure; undefined if it is not. */
  readonly failureOf: (outcome: StartKeptOutcome) => string | undefined;
}

const PAUSE_MS = 50;
const COMMAND = "imp up";

/**
 * Carries out a plan: ends first what is to end, then starts the others, each when everything it depends on is ready.
 */
export async function bringUp(steps: readonly PlanStep[], context: UpContext): Promise<void> {
  await end(steps, context);
  await new Start(steps, context).run();
}

/** Dependents first. */
async function end(steps: readonly PlanStep[], context: UpContext): Promise<void> {
  const ending = steps.filter((step) => step.does === "stop" || step.does === "remove");
  const byName = new Map(ending.map((step) => [step.name, step]));
  const graph = reversed(graphOf(ending));
  await inDependencyOrder(byName.keys(), graph, async (name) => {
    const step = byName.get(name)!;
    if (context.isInterrupted()) {
      return context.tell(step, { is: "done", result: { is: "not begun" } });
    }
    context.tell(step, { is: "begins" });
    const place = keptPlace(context.home, name);
    const how = { ...context, command: COMMAND, grace: "as set" } as const;
    const result: UpResult = step.does === "stop"
      ? { is: "stopped", outcome: await stopKept(place, how) }
      : { is: "removed", outcome: await removeKept(place, { ...how, stop: true, logs: false }) };
    context.tell(step, { is: "done", result });
  });
}

/** By names of processes, from the names without numbers in records or the file. */
function graphOf(
  steps: readonly { readonly name: string; readonly depends: readonly string[] }[],
): DependencyGraph {
  const instances = byBase(steps.map(({ name }) => name));
  return new Map(steps.map(({ name, depends }) => {
    const needs = depends.flatMap((text) => instances.get(parseDependency(text)?.name ?? "") ?? []);
    return [name, needs];
  }));
}

/** Names of daemons, by the part before their number. */
function byBase(names: Iterable<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of names) {
    const base = baseOf(name);
    const others = found.get(base);
    if (others) others.push(name);
    else found.set(base, [name]);
  }
  return found;
}

/** @field way from it to the one that is the cause; none: itself */
interface Failure {
  readonly way: readonly string[];
  readonly why: string;
}

type StartStep = Extract<PlanStep, { does: "start" | "restart" | "stay" }>;
type UpStep = StartStep | Extract<PlanStep, { does: "refuse" }>;

class Start {
  private readonly pace = new StartPace();
  private readonly first = new FirstSearch();
  private readonly steps: readonly UpStep[];
  /** For all that are finished: why others cannot use it. */
  private readonly failures = new Map<string, Failure>();
  private readonly graph: DependencyGraph;
  private readonly instances: ReadonlyMap<string, readonly string[]>;
  private readonly isNeeded: (name: string) => boolean;

  constructor(steps: readonly PlanStep[], private readonly context: UpContext) {
    this.steps = steps.filter(isUp);
    this.graph = graphOf(this.steps.map((step) => ({
      name: step.name,
      depends: step.does === "refuse" ? [] : dependsOf(step),
    })));
    this.instances = byBase(this.graph.keys());
    const needed = new Set([...this.graph.values()].flat());
    this.isNeeded = (name) => needed.has(name);
  }

  async run(): Promise<void> {
    const { context } = this;
    const byName = new Map(this.steps.map((step) => [step.name, step]));
    for (const step of this.steps) {
      const on = this.graph.get(step.name) ?? [];
      if (on.length > 0 && step.does !== "stay") context.tell(step, { is: "waits", on });
    }
    await inDependencyOrder(byName.keys(), this.graph, async (name) => {
      const step = byName.get(name)!;
      const result = await this.take(step);
      const failure = this.failureOf(result);
      if (failure !== undefined) this.failures.set(name, failure);
      context.tell(step, { is: "done", result });
    });
  }

  private async take(step: PlanStep): Promise<UpResult> {
    const { context } = this;
    switch (step.does) {
      case "refuse":
        return { is: "refused" };
      case "stay":
        if (step.record) await this.record(step);
        if (step.atBoot === undefined) return { is: "stays" };
        return {
          is: "at boot",
          outcome: await setAtBoot(keptPlace(context.home, step.name), step.atBoot),
        };
      case "start":
      case "restart": {
        if (context.isInterrupted()) return { is: "not begun" };
        const held = await this.heldBack(step);
        if (context.isInterrupted()) return { is: "not begun" };
        if (held) return held;
        return { is: "started", outcome: await this.start(step) };
      }
      default:
        throw new TypeError(step.does);
    }
  }

  /** Only its dependencies have changed: nothing that its program could see. */
  private async record({ name, settings }: StartStep): Promise<void> {
    const place = keptPlace(this.context.home, name);
    await underFreeLock(place, () => {
      const before = readSettingsRecord(place.directory);
      if (before.is !== "read" || before.value.project?.file !== settings.project?.file) return;
      if (settingDifferences(before.value, settings).length > 0) return;
      writeKeptSettings(place, settings);
    });
  }

  private async heldBack(step: StartStep): Promise<UpResult | undefined> {
    for (const text of dependsOf(step)) {
      const dependency = parseDependency(text);
      if (!dependency) continue;
      for (const on of this.instances.get(dependency.name) ?? []) {
        const failure = this.failures.get(on) ?? await this.notAsNeeded(on, dependency);
        if (failure) return { is: "held back", way: [on, ...failure.way], why: failure.why };
      }
    }
    return undefined;
  }

  /** It was ready, but may not be any more. */
  private async notAsNeeded(name: string, { finished }: Dependency): Promise<Failure | undefined> {
    const { context } = this;
    const place = keptPlace(context.home, name);
    const intent = readIntentRecord(place.directory);
    if (intent.is === "read" && intent.value.wanted === "stop") {
      return { way: [], why: `'${intent.value.by}' intervened` };
    }
    const why = finished ? await this.unfinished(place) : undefined;
    return why === undefined ? undefined : { way: [], why };
  }

  /** Waits until it has ended. */
  private async unfinished(place: KeptPlace): Promise<string | undefined> {
    for (;; await runtime.sleep(PAUSE_MS)) {
      const { phase, state, intent } = observeKept(place, undefined, () => ({}));
      const isOld = (intent?.startSerial ?? 0) > (state?.startSerial ?? 0);
      switch (isOld ? "starting" : phase) {
        case "finished":
          return undefined;
        case "scheduled":
        case "listening":
        case "watching":
          return "it runs again and again, so that it never has finished";
        case "failed":
        case "stopped":
          return state?.reason ?? `it is ${phase}`;
      }
      if (this.context.isInterrupted()) return "interrupted";
    }
  }

  private async start(step: StartStep): Promise<StartKeptOutcome> {
    const { context, pace } = this;
    context.tell(step, { is: "begins" });
    const place = keptPlace(context.home, step.name);
    let hasBegun: () => void = () => {};
    const begun = new Promise<void>((resolve) => hasBegun = resolve);
    const how: StartContext = {
      ...context,
      first: this.first,
      command: COMMAND,
      ...{ replace: true, newEnvironment: false, acceptRunning: true, runNow: false, wait: true },
      atBoot: step.atBoot,
      pace: {
        enter: async () => {
          const leave = await pace.enter();
          return () => {
            leave();
            hasBegun();
          };
        },
      },
    };
    const started = startByName(place, step.settings, how);
    if (context.wait || this.isNeeded(step.name)) return await started;
    const first = await Promise.race([started, begun]);
    return first ?? { is: "begun", name: step.name, ms: 0 };
  }

  private failureOf(result: UpResult): Failure | undefined {
    const own = (why: string | undefined) => why === undefined ? undefined : { way: [], why };
    switch (result.is) {
      case "started":
        return own(this.context.failureOf(result.outcome));
      case "held back":
        return result;
      case "refused":
        return own("it belongs to others");
      case "not begun":
        return own("interrupted");
    }
  }
}

function isUp(step: PlanStep): step is UpStep {
  return step.does !== "stop" && step.does !== "remove";
}

function dependsOf({ settings }: StartStep): readonly string[] {
  return settings.project?.depends ?? [];
}
