import type { TaggedTree } from "../../termination/tagged_tree.ts";
import { runtime } from "../../runtime/mod.ts";
import { daemonicTree } from "./daemonic_tree.ts";
import { endDaemonic } from "./end_daemonic.ts";

/** A process that was being started when its parent was killed shows no environment for a moment. */
const LOOKS = 2;
const BETWEEN_LOOKS_MS = 10;

interface Search {
  readonly mark: string;
  /** How often nothing was found. */
  looks: number;
  nothingLeft(): void;
}

let searches: Search[] = [];
let looking = false;

/**
 * Ends what a daemonic process that has ended has left behind. Comes true when nothing is left.
 * @param mark of the process
 */
export function endLeftBehind(mark: string): Promise<void> {
  const left = new Promise<void>((nothingLeft) => searches.push({ mark, looks: 0, nothingLeft }));
  if (!looking) look();
  return left;
}

/** For all together: where many processes die one after the other, looking must not take up all the time. */
async function look(): Promise<void> {
  looking = true;
  for (; searches.length > 0; await runtime.sleep(BETWEEN_LOOKS_MS)) {
    const tree = daemonicTree(searches.map(({ mark }) => mark));
    if (tree.scope().roots!.length > 0) {
      end(tree, searches);
      searches = [];
    }
    for (const search of searches) if (++search.looks === LOOKS) search.nothingLeft();
    searches = searches.filter(({ looks }) => looks < LOOKS);
  }
  looking = false;
}

/** Others need not wait for it: it may take its time. */
async function end(tree: TaggedTree, ended: readonly Search[]): Promise<void> {
  for (const pause of endDaemonic(tree, [])) await runtime.sleep(pause);
  searches.push(...ended);
  if (!looking) look();
}
