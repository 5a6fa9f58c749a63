import { runtime } from "../../runtime/mod.ts";
import { untilOver } from "../../termination/termination.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { KeptTags } from "../tree/kept_tags.ts";
import { keptTermination } from "../tree/kept_termination.ts";
import { KeptTree } from "../tree/kept_tree.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import { identityOf, type ProcessIdentity } from "../../termination/identity.ts";
import { lookWell } from "../../termination/look.ts";
import { describeSurvivors } from "../stop/survivors.ts";
import type { TurnChildren } from "./turn_children.ts";

/** The tree of this turn's daemon. */
export function treeOfTurn(directory: string, page: KeeperPage, state: KeptState): KeptTree {
  const living = (identity?: ProcessIdentity) => identity && { ...identity, ppid: 0, state: "S" };
  const waiter = (pid: number) => living(pid > 0 ? identityOf(pid) : undefined);
  const program = living(state.program);
  return new KeptTree(
    { directory, state, program, guard: waiter(page.guard), keeper: waiter(page.keeper) },
    new KeptTags(),
  );
}

/** Whether nobody of a tree is left. */
export function isTreeEmpty(tree: KeptTree): boolean {
  const { members, processes } = lookWell(tree.scope);
  return members.length === 0 && tree.hidden(processes).length === 0;
}

/** Who is left in spite of everything, in words; undefined: nobody. @param isOff whether to stop here */
export function endKeptTree(
  tree: KeptTree,
  { program }: KeptState,
  { stop, killMode }: Pick<KeptSettings, "stop" | "killMode">,
  children: TurnChildren,
  isOff: () => boolean,
): string | undefined {
  const termination = keptTermination(tree, program, killMode, { steps: stop, quietLooks: 3 });
  const mainPid = program?.pid ?? 0;
  children.reap(mainPid);
  for (const pause of untilOver(termination)) {
    children.sleep(Math.min(pause, Math.max(1, termination.due - runtime.now())));
    children.reap(mainPid);
    if (isOff()) return undefined;
  }
  if (!termination.isGivenUp) return undefined;
  return describeSurvivors(termination.left)
    .map(({ pid, comm, why }) => `pid ${pid} (${comm}): ${why}`).join("; ");
}
