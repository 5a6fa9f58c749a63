import { keptPlace } from "../keeper/home.ts";
import { keptNames } from "../keeper/kept_names.ts";
import { readSettingsRecord } from "../keeper/records/reading.ts";
import { baseOf } from "../keeper/selection.ts";
import type { StopContext } from "../keeper/stop/stop_context.ts";
import { stopKept } from "../keeper/stop/stop_kept.ts";
import type { StopOutcome } from "../keeper/stop/stop_outcome.ts";
import { parseDependency, reversed, withDependents } from "./dependencies.ts";
import { inDependencyOrder } from "./dependency_order.ts";

/** A daemon of a file, according to its records: the file itself may be gone, or full of mistakes. */
export interface OwnedDaemon {
  readonly name: string;
  /** Names of others of the same file, one for each instance. */
  readonly needs: readonly string[];
}

/** All daemons created from a file. @throws ImpError if they cannot be listed */
export function ownedDaemons(home: string, file: string): OwnedDaemon[] {
  const owned = keptNames(home).flatMap((name) => {
    const settings = readSettingsRecord(keptPlace(home, name).directory);
    const project = settings.is === "read" ? settings.value.project : undefined;
    return project?.file === file ? [{ name, depends: project.depends }] : [];
  });
  return owned.map(({ name, depends }) => ({
    name,
    needs: depends.flatMap((text) => {
      const base = parseDependency(text)?.name;
      return owned.filter((one) => baseOf(one.name) === base).map((one) => one.name);
    }),
  }));
}

export interface DownContext extends StopContext {
  readonly home: string;
  /** Throws nothing. */
  readonly tell: (outcome: StopOutcome) => void;
}

/** The given ones, and all that depend on them. */
export function daemonsToStop(
  owned: readonly OwnedDaemon[],
  meant: readonly string[],
): Set<string> {
  return withDependents(new Map(owned.map(({ name, needs }) => [name, needs])), meant);
}

/** Stops daemons concurrently, each when all that depend on it have ended, or cannot be ended. */
export async function takeDown(
  owned: readonly OwnedDaemon[],
  names: ReadonlySet<string>,
  context: DownContext,
): Promise<void> {
  const graph = reversed(new Map(owned.map(({ name, needs }) => [name, needs])));
  await inDependencyOrder(names, graph, async (name) => {
    // Those not begun keep running.
    const outcome: StopOutcome = context.isInterrupted()
      ? { is: "interrupted", name, left: [], ms: 0 }
      : await stopKept(keptPlace(context.home, name), context);
    context.tell(outcome);
  });
}
