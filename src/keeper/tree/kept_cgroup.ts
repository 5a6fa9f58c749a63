// The control group of a kept daemon: its program is in it, its waiters stay where they are.
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
import { isOthersWaiter, leftRoots } from "../turn/heirs.ts";
import { ownOomKills } from "../turn/oom_kills.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { KeptPlace } from "../home.ts";
import type { TurnRecords } from "../turn/turn_records.ts";

/** What is forked by one that is in the group already is in it too: this many rounds are never needed. */
const MOST_ROUNDS = 20;

/**
 * Puts a program that runs by now into the group of its daemon, and what it has forked meanwhile. The kernel takes some milliseconds
 * for the first one.
 */
export function putIntoGroup(place: KeptPlace, page: KeeperPage, records: TurnRecords): void {
  const { program, cgroup: recorded } = records.state;
  const cgroup = recorded ?? cgroupOfKept(place);
  if (cgroup === undefined || !program || !isRunning(program)) return;
  // A daemon from within which this one was started is not to end its waiters.
  leaveKeptCgroup([page.guard, page.keeper, ownPid()].filter((pid) => pid > 0));
  if (recorded === undefined) {
    // Before it is in there: whoever comes after a kill at this moment must know of it.
    records.state = { ...records.state, cgroup };
    records.save();
  }
  const joined = joinCgroup(cgroup, program.pid);
  debug("keeper", "the control group of the program", { cgroup, joined });
  if (!joined) {
    removeGroup(cgroup);
    records.state = { ...records.state, cgroup: undefined };
  }
  // What was counted when it began is not what is counted here: a group that was made anew begins at 0.
  const oomKills = joined && !records.state.oomKills?.own ? ownOomKills(cgroup) : undefined;
  if (oomKills) records.state = { ...records.state, oomKills };
  if (joined) gatherFamily(page, program.pid, cgroup);
}

function gatherFamily(page: KeeperPage, program: number, cgroup: string): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const inside = new Set(cgroupMembers(cgroup));
    const outside = familyOf(page, program).filter((pid) => !inside.has(pid));
    if (outside.length === 0) break;
    // Who has ended since cannot be put anywhere.
    for (const pid of outside) joinCgroup(cgroup, pid);
  }
}

/** The program, whatever it has left to the waiters, and all below them; daemons that were started from within it left out. */
function familyOf(page: KeeperPage, program: number): number[] {
  const family = [program, ...leftRoots(page, program).map(({ pid }) => pid)];
  // It grows while it is walked.
  for (const pid of family) {
    for (const child of childrenOf(pid)) {
      const stat = readStat(child);
      if (stat && !isZombie(stat) && !isOthersWaiter(stat)) family.push(child);
    }
  }
  return family;
}

/** Of a daemon of which nothing runs. Also for where its records tell of none, or are lost. */
export function removeGroupOf(place: KeptPlace, recorded: string | undefined): void {
  for (const one of new Set([recorded, cgroupOfKept(place)])) removeGroup(one);
}

/** A group in which somebody is stays. */
function removeGroup(cgroup: string | undefined): void {
  if (cgroup === undefined || removeEmptyCgroup(cgroup)) return;
  debug("keeper", "the control group stays", { cgroup });
}

/** Where its control group is, or would be; undefined where there is none to be had. */
export function cgroupOfKept({ name, directory }: KeptPlace): string | undefined {
  const home = findCgroupForKept();
  return home === undefined ? undefined : `${home}/${keptCgroupName(name, directory)}`;
}
