// Pure: what waits for what, according to the records of daemons started by imp up.
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { baseOf } from "../keeper/selection.ts";
import { type DependencyGraph, findCircles, parseDependency } from "./dependencies.ts";

export interface RecordedDaemon {
  readonly name: string;
  readonly settings?: Pick<KeptSettings, "project">;
}

/** Among the given daemons; those of one file depend only on each other. Empty if they wait in a cycle. */
export function recordedGraph(daemons: readonly RecordedDaemon[]): DependencyGraph {
  const graph = new Map(daemons.map(({ name, settings }) => [
    name,
    (settings?.project?.depends ?? []).flatMap((text) => {
      const on = parseDependency(text)?.name;
      return daemons.filter((one) =>
        one.settings?.project?.file === settings?.project?.file &&
        (one.name === on || baseOf(one.name) === on) && one.name !== name
      ).map((one) => one.name);
    }),
  ]));
  // The file cannot say so; records changed by hand can.
  return findCircles(graph).length > 0 ? new Map() : graph;
}

/** The daemons whose end one waits for, not only their readiness. */
export function awaitedEnds(
  { settings }: RecordedDaemon,
  needs: readonly string[],
): readonly string[] {
  const finished = (settings?.project?.depends ?? []).map(parseDependency)
    .filter((one) => one?.finished).map((one) => one!.name);
  return needs.filter((name) => finished.includes(name) || finished.includes(baseOf(name)));
}
