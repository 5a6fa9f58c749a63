import { runtime } from "../runtime/mod.ts";
import { listTree } from "../termination/look.ts";
import { TaggedTree } from "../termination/tagged_tree.ts";
import { Termination, untilOver } from "../termination/termination.ts";

/** Every process that a scenario starts has it: `RUN/SCENARIO`. */
export const SCENE_VARIABLE = "IMP_LAB_SCENE";

/** A process between fork and exec carries no tag yet. */
const KILL = { steps: [], quietLooks: 3 };

/** The processes that carry the mark of a scenario, and those below them, that have not ended. */
export function remains(scene: string): number[] {
  const tree = treeOf(scene);
  return listTree(tree.scope).map(({ pid }) => pid);
}

/** Kills all that is left of a scenario. @returns false when something does not end */
export async function endRemains(scene: string, reap: () => void): Promise<boolean> {
  const tree = treeOf(scene);
  const termination = new Termination(tree.scope, KILL);
  for (const pause of untilOver(termination)) {
    reap();
    await runtime.sleep(pause);
  }
  return !termination.isGivenUp;
}

function treeOf(scene: string): TaggedTree {
  return new TaggedTree({ variable: SCENE_VARIABLE, matches: (value) => value === scene });
}
