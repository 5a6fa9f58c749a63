import type { DependencyGraph } from "./dependencies.ts";

/**
 * Acts on each name as soon as everything it waits for is done, concurrently.
 * @param graph without cycles; names not among `names` are not waited for
 * @param act throws nothing
 */
export async function inDependencyOrder(
  names: Iterable<string>,
  graph: DependencyGraph,
  act: (name: string) => Promise<void>,
): Promise<void> {
  const all = new Set(names);
  const begun = new Map<string, Promise<void>>();
  const begin = (name: string): Promise<void> => {
    const before = begun.get(name);
    if (before) return before;
    const needs = (graph.get(name) ?? []).filter((one) => all.has(one));
    const work = Promise.all(needs.map(begin)).then(() => act(name));
    begun.set(name, work);
    return work;
  };
  await Promise.all([...all].map(begin));
}
