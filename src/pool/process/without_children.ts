import type { NoChildrenSpawner } from "./no_children_spawner.ts";

/** For jobs that may not start processes. It is loaded only where it is asked for. */
export async function spawnerWithoutChildren(
  noChildren: boolean | undefined,
): Promise<NoChildrenSpawner | undefined> {
  if (!noChildren) return undefined;
  const { NoChildrenSpawner } = await import("./no_children_spawner.ts");
  return new NoChildrenSpawner();
}
