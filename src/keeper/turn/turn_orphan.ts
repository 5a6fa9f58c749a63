import { parentPid } from "../../libc/processes/process.ts";
import { waiterDirectoryOf } from "../tree/kept_marks.ts";
import type { KeptPlace } from "../home.ts";
import { isAtRest } from "../observe/observed.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";

/** Its partner was killed, and no program would become the child of the one that becomes the guard. */
export function isAloneAtRest(
  { guard }: Pick<KeeperPage, "guard">,
  { program, phase }: Pick<KeptState, "program" | "phase">,
): boolean {
  return guard === 0 && !program && isAtRest(phase);
}

/**
 * In a turn: guard and keeper were killed. Then nothing more is begun, and commands wait for the end of this process
 * before they give the daemon others (kept_claim.ts).
 */
export function isOrphanedTurn(
  { directory }: KeptPlace,
  { guard, keeper, turn }: Pick<KeeperPage, "guard" | "keeper" | "turn">,
): boolean {
  const parent = parentPid();
  // A script in imp's place may have started it.
  if ([guard, keeper, turn].includes(parent)) return false;
  // A guard that takes its keeper's place is neither for an instant.
  return waiterDirectoryOf(parent) !== directory;
}
