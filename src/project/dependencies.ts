// Pure: who waits for whom.

/** What a daemon waits for. */
export interface Dependency {
  readonly name: string;
  /** It must have ended, and well; otherwise: be ready. */
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

/** By names: who depends on what directly. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/** One circle among those of the graph, from a name back to it; undefined: there is none. */
export function findCircle(graph: DependencyGraph): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]): readonly string[] | undefined => {
    const start = above.indexOf(name);
    if (start >= 0) return [...above.slice(start), name];
    if (done.has(name)) return undefined;
    for (const next of graph.get(name) ?? []) {
      const circle = visit(next, [...above, name]);
      if (circle) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const circle = visit(name, []);
    if (circle) return circle;
  }
  return undefined;
}

/** The names and all that they depend on. */
export function withDependencies(graph: DependencyGraph, names: Iterable<string>): Set<string> {
  const found = new Set(names);
  // It grows while it is walked.
  for (const name of found) for (const next of graph.get(name) ?? []) found.add(next);
  return found;
}

/** The names and all that depend on them. */
export function withDependents(graph: DependencyGraph, names: Iterable<string>): Set<string> {
  return withDependencies(reversed(graph), names);
}

/** Who depends on whom, turned around. Names that stand in lists alone get no entry of their own. */
export function reversed(graph: DependencyGraph): Map<string, string[]> {
  const found = new Map<string, string[]>([...graph.keys()].map((name) => [name, []]));
  for (const [name, needs] of graph) {
    for (const one of needs) found.get(one)?.push(name);
  }
  return found;
}
