import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { maySignal } from "../../libc/processes/signals.ts";
import { libc } from "../../libc/calling/load.ts";
import { userById } from "../../libc/users/users.ts";
import { readMainCgroup } from "../../procfs/cgroup.ts";
import { readStat } from "../../procfs/stat.ts";
import { readWchan } from "../../procfs/waiting.ts";
import { Unreadable } from "../../procfs/read.ts";
import { readStatus } from "../../procfs/status.ts";
import type { Kin } from "../../termination/scope.ts";
import type { Survivor } from "./stop_outcome.ts";

/** Names processes that could not be ended, and says why. */
export function describeSurvivors(left: readonly Kin[]): Survivor[] {
  return left.map((kin) => describe(kin, whyNotEnded(kin)));
}

/** Names processes that were left running. @param why for each */
export function describeLeft(left: readonly Kin[], why: string): Survivor[] {
  return left.map((kin) => describe(kin, why));
}

function describe({ pid, comm }: Kin, why: string): Survivor {
  return { pid, comm, user: userOf(pid) ?? "unknown", why };
}

function whyNotEnded({ pid }: Kin): string {
  if (!maySignal(pid)) {
    const own = nameOf(libc("geteuid").geteuid());
    return `not permitted (EPERM): ${own} may not signal it; end it as root`;
  }
  const now = readStat(pid);
  if (!now) return "it has ended since";
  if (now.state === "D") {
    const where = readWchan(pid);
    return `it waits in the kernel (state D${
      where === undefined ? "" : `, ${where}`
    }): KILL takes effect when that is over`;
  }
  if (isFrozen(pid)) return "its control group is frozen: KILL takes effect when it is thawed";
  return `KILL was sent, and it is in state ${now.state}`;
}

function isFrozen(pid: number): boolean {
  const group = readMainCgroup(pid);
  const events = group && readTextOrNothing(`/sys/fs/cgroup${group}/cgroup.events`);
  return /^frozen 1$/m.test(events || "");
}

function userOf(pid: number): string | undefined {
  const status = readStatus(pid);
  return status instanceof Unreadable ? undefined : nameOf(status.uids.real);
}

function nameOf(uid: number): string {
  return userById(uid)?.name ?? String(uid);
}
