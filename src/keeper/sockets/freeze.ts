// A daemon's processes are stopped by a signal while its connections are examined: meanwhile nothing is accepted.
import { SIGCONT, SIGSTOP } from "../../libc/abi.ts";
import { nap } from "../../libc/time.ts";
import { readStat } from "../../procfs/stat.ts";
import { signalProcess } from "../../termination/identity.ts";
import { listTree } from "../../termination/look.ts";
import type { Kin } from "../../termination/scope.ts";
import { treeOfTurn } from "../turn/tree_end.ts";
import type { TurnRecords } from "../turn/turn_records.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";

/** Until the kernel shows a signalled process as stopped, ms. */
const PATIENCE_MS = 100;

/** All processes of a daemon, from within its turn. */
export function treeNow({ place, state }: TurnRecords, page: KeeperPage): readonly Kin[] {
  return listTree(treeOfTurn(place.directory, page, state).scope);
}

/** Recorded first: after a kill midway, the next turn continues them. */
export function freeze(records: TurnRecords, page: KeeperPage): void {
  records.state = { ...records.state, frozen: true };
  records.save();
  const tree = treeNow(records, page);
  for (const one of tree) signalProcess(one, SIGSTOP);
  for (let waited = 0; waited < PATIENCE_MS && tree.some(({ pid }) => runs(pid)); waited++) nap(1);
}

/** Continues them. Processes about to be ended are continued anyway. */
export function thaw(records: TurnRecords, page: KeeperPage): void {
  for (const one of treeNow(records, page)) signalProcess(one, SIGCONT);
  records.state = { ...records.state, frozen: undefined };
  records.save();
}

function runs(pid: number): boolean {
  const state = readStat(pid)?.state;
  return state !== undefined && !["T", "t", "Z", "X"].includes(state);
}
