// Pure: what waits for what.

/** What a daemon waits for. */
export interface Dependency {
  readonly name: string;
  /** It must have ended successfully; otherwise: be ready. */
  readonly finished: boolean;
}

export const FINISHED = "finished";

/** `db`, or `migrate:finished`. */
export function parseDependency(text: string): Dependency | undefined {
  const [name, what, ...more] = text.split(":");
  if (name === "" || more.length > 0) return undefined;
  if (what !== undefined && what !== FINISHED) return undefined;
  return { name, finished: what === FINISHED };
}

/** By name: what each directly depends on. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/** Cycles of the graph, each from a name back to it; removing one name of each would leave none; no two share a name. */
export function findCircles(graph: DependencyGraph): (readonly string[])[] {
  const done = new Set<string>(), circles: (readonly string[])[] = [];
  const visit = (name: string, above: readonly string[]): void => {
    if (done.has(name)) return;
    const start = above.indexOf(name);
    if (start >= 0) {
      const names = above.slice(start);
      circles.push([...names, name]);
      for (const one of names) done.add(one);
      return;
    }
    for (const next of graph.get(name) ?? []) visit(next, [...above, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return circles;
}

/** The names and everything they depend on. */
export function withDependencies(graph: DependencyGraph, names: Iterable<string>): Set<string> {
  const found = new Set(names);
  // It grows while it is walked.
  for (const name of found) for (const next of graph.get(name) ?? []) found.add(next);
  return found;
}

/** The names and everything that depends on them. */
export function withDependents(graph: DependencyGraph, names: Iterable<string>): Set<string> {
  return withDependencies(reversed(graph), names);
}

/** The graph reversed. Names that appear only in lists get no entry. */
export function reversed(graph: DependencyGraph): Map<string, string[]> {
  const found = new Map<string, string[]>([...graph.keys()].map((name) => [name, []]));
  for (const [name, needs] of graph) {
    for (const one of needs) found.get(one)?.push(name);
  }
  return found;
}
