import type { LivingProcess } from "../observe/observed.ts";
import { readKeeperPage } from "./keeper_page.ts";

/**
 * Call under the lock of the name: a turn that held it has told its waiters to leave, and no message reaches them any
 * more.
 */
export function isLeaving({ pid }: LivingProcess): boolean {
  return readKeeperPage(pid)?.leave ?? false;
}
