import type { NoChildrenSpawner } from "./no_children_spawner.ts";

/** For jobs that may not start processes. Loaded only if requested. */
export async function spawnerWithoutChildren(
  noChildren: boolean | undefined,
): Promise<NoChildrenSpawner | undefined> {
  if (!noChildren) return undefined;
  const { NoChildrenSpawner } = await import("./no_children_spawner.ts");
  return new NoChildrenSpawner();
}
