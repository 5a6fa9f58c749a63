import { formatDuration } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import { printable, shortenMiddle } from "../../cli/printable.ts";
import { type Activity, type CpuUse, waitingText } from "../../inspect/activity.ts";
import type { ProcessFacts } from "../../inspect/facts.ts";
import type { Unit } from "../../inspect/logind.ts";
import { describeEnding, endingOf } from "../../libc/processes/wait.ts";
import { localTime } from "../../libc/time.ts";
import { userById } from "../../libc/users/users.ts";
import type { ListeningSocket } from "../../procfs/sockets.ts";
import type { ThreadStat } from "../../procfs/threads.ts";
import { percent } from "../process_cells.ts";

/** Where the values of rows begin. */
export const VALUE = 18;
/** For numbers that the kernel shows us as 0. */
export const OUTSIDE = "outside this PID namespace";

export type FactRow = readonly [name: string, value: string];

/** What a process is and does, one row for each fact worth showing. */
export function processRows(facts: ProcessFacts, activity: Activity, width: number): FactRow[] {
  const path = (text: string) => shortenMiddle(printable(text), width - VALUE);
  const { threads, exitStatus, umask, root } = facts;
  const { waiting, listens = [], unit } = activity;
  const waits = waiting && waitingText(waiting, facts.fds);
  const deleted = facts.exeDeleted ? "  (removed or replaced since it was started)" : "";
  const list: (FactRow | false)[] = [
    facts.exe !== null && ["program", path(facts.exe) + deleted],
    ["name", printable(facts.comm)],
    ["state", `${facts.stateWord} (${facts.state}), ${threads} thread${threads === 1 ? "" : "s"}`],
    threads > 1 && activity.threads.length > 0 && ["threads", threadNames(activity.threads)],
    waits !== undefined && ["waits in", printable(waits)],
    exitStatus !== null && ["ended by", describeEnding(endingOf(exitStatus))],
    ["user", userText(facts)],
    ["parent", parentText(facts)],
    facts.tracer > 0 && ["traced by", `pid ${facts.tracer}`],
    ["started", startText(facts)],
    ["used", `CPU ${cpuText(facts, activity.cpu)}, memory ${formatSize(facts.residentBytes)}`],
    listens.length > 0 && ["listens at", printable(listens.map(placeText).join(", "))],
    unit !== undefined && ["unit", `${printable(unit.name)}${UNIT_OWNERS[unit.of]}`],
    facts.cwd !== null && ["directory", path(facts.cwd)],
    root !== null && ["root", path(root)],
    umask !== null && ["umask", umask.toString(8).padStart(3, "0")],
    facts.nice !== 0 && ["nice", String(facts.nice)],
    facts.cgroup !== null && ["cgroup", path(facts.cgroup)],
    facts.namespacePids.length > 1 && ["in container", `pid ${facts.namespacePids.at(-1)}`],
    facts.noNewPrivs && ["no_new_privs", "set: exec grants it nothing"],
    facts.seccomp !== "off" && ["seccomp", facts.seccomp],
  ];
  return list.filter((row) => row !== false);
}

/** Whose unit it is. */
const UNIT_OWNERS: Record<Unit["of"], string> = {
  system: "",
  login: ", a login",
  user: ", of the user's own systemd",
};

/** How many threads have which name, the most frequent first. */
function threadNames(threads: readonly ThreadStat[]): string {
  const counts = new Map<string, number>();
  for (const { comm } of threads) counts.set(comm, (counts.get(comm) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)
    .map(([name, count]) => count === 1 ? printable(name) : `${count} of ${printable(name)}`)
    .join(", ");
}

function placeText({ protocol, address }: ListeningSocket): string {
  return `${protocol} ${address}`;
}

function cpuText({ cpuMs }: ProcessFacts, { now, sinceStart }: CpuUse): string {
  const shares = [
    ...(now === undefined ? [] : [`${percent(now)} now`]),
    `${percent(sinceStart)} since its start`,
  ];
  return `${formatDuration(cpuMs)} (${shares.join(", ")})`;
}

function userText({ uids }: ProcessFacts): string {
  const real = userName(uids.real);
  return uids.effective === uids.real ? real : `${userName(uids.effective)}, started by ${real}`;
}

function userName(uid: number): string {
  const name = userById(uid)?.name;
  return name === undefined ? `uid ${uid}` : `${printable(name)} (uid ${uid})`;
}

function parentText({ parent, ppid, pid, kernelThread }: ProcessFacts): string {
  if (!parent) return ppid === 0 && !kernelThread && pid !== 1 ? OUTSIDE : "none";
  const what = parent.role === "other" ? "" : ` (${parent.role})`;
  return `${parent.pid} ${printable(parent.comm)}${what}`;
}

function startText({ startedAt }: ProcessFacts): string {
  // Boot time is known only to the second: a new process may seem to start in the future.
  const age = Math.max(0, Date.now() - startedAt);
  return `${localTime(startedAt)}, ${formatDuration(age)} ago`;
}
