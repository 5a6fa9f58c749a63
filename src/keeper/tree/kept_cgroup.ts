// A kept daemon's control group: its program is in it, its waiters are not.
import { debug } from "../../base/diagnostics.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { childrenOf } from "../../procfs/processes.ts";
import { isZombie, readStat } from "../../procfs/stat.ts";
import {
  cgroupMembers,
  findCgroupForKept,
  joinCgroup,
  keptCgroupName,
  leaveKeptCgroup,
  removeEmptyCgroup,
} from "../../termination/cgroup.ts";
import { isRunning } from "../../termination/identity.ts";
import { leftRoots } from "../turn/heirs.ts";
import { isOthersWaiter } from "./kept_marks.ts";
import { ownOomKills } from "../turn/oom_kills.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { KeptPlace } from "../home.ts";
import type { TurnRecords } from "../turn/turn_records.ts";

/** Whatever a member of the group forks is in it too: this many rounds are never needed. */
const MOST_ROUNDS = 20;

/**
 * Moves a running program into its daemon's group, with what it has forked meanwhile. The kernel takes some
 * milliseconds for the first one.
 */
export function putIntoGroup(place: KeptPlace, page: KeeperPage, records: TurnRecords): void {
  const { program, cgroup: recorded } = records.state;
  const cgroup = recorded ?? cgroupOfKept(place);
  if (cgroup === undefined || !program || !isRunning(program)) return;
  // A daemon from within which this one was started must not end its waiters.
  leaveKeptCgroup([page.guard, page.keeper, ownPid()].filter((pid) => pid > 0));
  if (recorded === undefined) {
    // Before it is moved: after a kill now, the next turn must know of it.
    records.state = { ...records.state, cgroup };
    records.save();
  }
  const joined = joinCgroup(cgroup, program.pid);
  debug("keeper", "the control group of the program", { cgroup, joined });
  if (!joined) {
    removeGroup(cgroup);
    records.state = { ...records.state, cgroup: undefined };
  }
  // The counter from the beginning of the run is another one: a new group begins at 0.
  const oomKills = joined && !records.state.oomKills?.own ? ownOomKills(cgroup) : undefined;
  if (oomKills) records.state = { ...records.state, oomKills };
  if (joined) gatherFamily(page, program.pid, cgroup);
}

function gatherFamily(page: KeeperPage, program: number, cgroup: string): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const inside = new Set(cgroupMembers(cgroup));
    const outside = familyOf(page, program).filter((pid) => !inside.has(pid));
    if (outside.length === 0) break;
    // Processes that have ended since cannot be moved.
    for (const pid of outside) joinCgroup(cgroup, pid);
  }
}

/** The program, what it has left to the waiters, and everything below them; without daemons started from within it. */
function familyOf(page: KeeperPage, program: number): number[] {
  const family = [program, ...leftRoots(page, program).map(({ pid }) => pid)];
  // Grows during the loop.
  for (const pid of family) {
    for (const child of childrenOf(pid)) {
      const stat = readStat(child);
      if (stat && !isZombie(stat) && !isOthersWaiter(stat)) family.push(child);
    }
  }
  return family;
}

/** For a daemon of which nothing runs. Also if its records name none, or are lost. */
export function removeGroupOf(place: KeptPlace, recorded: string | undefined): void {
  for (const one of new Set([recorded, cgroupOfKept(place)])) removeGroup(one);
}

/** A group with processes stays. */
function removeGroup(cgroup: string | undefined): void {
  if (cgroup === undefined || removeEmptyCgroup(cgroup)) return;
  debug("keeper", "the control group stays", { cgroup });
}

/** Where its control group is, or would be; undefined if there can be none. */
export function cgroupOfKept({ name, directory }: KeptPlace): string | undefined {
  const home = findCgroupForKept();
  return home === undefined ? undefined : `${home}/${keptCgroupName(name, directory)}`;
}
