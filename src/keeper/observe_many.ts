// Hundreds of kept daemons at one look. What is as it should be is proven by relations: guard, keeper and program are there, and the
// program is a child of that keeper, as noted; no others that were given these PIDs would stand so. That costs a third of reading
// start times, and everything else goes the long way.
import { libc } from "../libc/calling/load.ts";
import { readRecord } from "../libc/descriptors/files.ts";
import { listDirectory } from "../libc/descriptors/stat.ts";
import { bootId, pageBytes } from "../procfs/boot.ts";
import { processCpuMs, readChildren, residentPages } from "../procfs/usage.ts";
import type { KeptPlace } from "./home.ts";
import { deletedOutputs, type KeptFacts, keptFacts, keptNotes } from "./kept_facts.ts";
import { observeKept } from "./observe.ts";
import { type ObservedDaemon, phaseOf } from "./observed.ts";
import type { KeptState } from "./records/kept_state.ts";
import { readStateInBrief } from "./records/reading.ts";
import type { KeptUsage } from "./usage.ts";

/** A daemon that is as it should be. */
interface Proven {
  readonly daemon: ObservedDaemon & Required<Pick<ObservedDaemon, "program" | "guard" | "keeper">>;
  /** All children of its keeper. */
  readonly children: readonly number[];
  /** Resident pages of its program. */
  readonly pages: number;
}

/** What is shown of daemons, those left out of which nothing is there any more. Of runs only the last is read. */
export function observeMany(places: readonly KeptPlace[]): KeptFacts[] {
  const boot = bootId();
  const listed = listDirectory("/proc");
  const pids = new Set(typeof listed === "string" ? [] : listed);
  const looks = places.map((place) => prove(place, boot, pids) ?? place);
  const childrenOf = descent(looks.filter((one) => "daemon" in one), pids);
  const own = { bytes: pageBytes(), turn: libc("getsid").getsid };
  return looks.flatMap((look): KeptFacts[] => {
    if (!("daemon" in look)) {
      const daemon = observeKept(look, boot);
      // Its directory was made a moment ago, or is being removed.
      return daemon.exists ? [keptFacts(daemon)] : [];
    }
    const { daemon } = look;
    const deletedLogs = deletedOutputs(daemon.program.pid, [1]);
    const usage = usageOfProven(look, childrenOf, own);
    const notes = deletedLogs.length > 0 ? keptNotes(daemon, deletedLogs) : [];
    return [{ daemon, usage, deletedLogs, notes }];
  });
}

function prove(
  { name, directory }: KeptPlace,
  boot: string | undefined,
  pids: ReadonlySet<string>,
): Proven | undefined {
  const reading = readStateInBrief(directory);
  if (reading.is !== "read") return undefined;
  const state: KeptState = reading.value;
  const { guard, keeper, program } = state;
  if (!guard || !keeper || !program || state.bootId !== boot) return undefined;
  if (!pids.has(String(guard.pid))) return undefined;
  const children = readChildren(keeper.pid, true);
  if (!children?.includes(program.pid)) return undefined;
  // A zombie is a child as well, without memory.
  const pages = residentPages(program.pid);
  if (!pages) return undefined;
  const living = { pid: program.pid, startTicks: program.startTicks, ppid: keeper.pid };
  const keeping = { pid: keeper.pid, startTicks: keeper.startTicks, ppid: guard.pid };
  return {
    children,
    pages,
    daemon: {
      name,
      directory,
      state,
      troubles: [],
      exists: true,
      phase: phaseOf(state, living, keeping),
      program: living,
      // Nobody asks for a guard's parent.
      guard: { pid: guard.pid, startTicks: guard.startTicks, ppid: 0 },
      keeper: keeping,
      acting: keeping,
      rebooted: false,
    },
  };
}

/**
 * Who finds the children of a process. Each one can be asked for them; where nearly all processes are those of the daemons, it is cheaper to
 * ask the others for their parents.
 */
function descent(
  proven: readonly Proven[],
  pids: ReadonlySet<string>,
): (pid: number) => readonly number[] {
  const known = new Set<string>();
  for (const { daemon: { guard, keeper, program } } of proven) {
    known.add(String(guard.pid)).add(String(keeper.pid)).add(String(program.pid));
  }
  const strangers = [...pids].filter((pid) => !known.has(pid) && pid > "0" && pid < ":");
  if (strangers.length > proven.length) return (pid) => readChildren(pid) ?? [];
  const { getsid } = libc("getsid");
  const byParent = new Map<number, number[]>();
  for (const stranger of strangers) {
    const pid = Number(stranger);
    // Threads of the kernel are in no session.
    if (getsid(pid) === 0) continue;
    const parent = parentOf(pid);
    const siblings = byParent.get(parent);
    if (siblings) siblings.push(pid);
    else byParent.set(parent, [pid]);
  }
  return (pid) => byParent.get(pid) ?? [];
}

const decoder = new TextDecoder();
const PARENT = "\nPPid:\t";

/** From /proc/PID/status, at half the price of stat. */
function parentOf(pid: number): number {
  const record = readRecord(`/proc/${pid}/status`);
  if (typeof record === "number") return 0;
  const text = decoder.decode(record);
  const at = text.indexOf(PARENT) + PARENT.length;
  return Number(text.slice(at, text.indexOf("\n", at)));
}

function usageOfProven(
  { daemon: { program, keeper }, children, pages }: Proven,
  childrenOf: (pid: number) => readonly number[],
  own: { readonly bytes: number; readonly turn: (pid: number) => number },
): KeptUsage {
  const pids = [program.pid];
  let cpuMs = processCpuMs(program.pid) ?? 0;
  const others = new Set([
    ...childrenOf(program.pid),
    ...(children.length > 1
      ? children.filter((pid) => pid !== program.pid && own.turn(pid) !== keeper.pid)
      : []),
  ]);
  // It grows while it is walked.
  for (const pid of others) {
    for (const child of childrenOf(pid)) others.add(child);
    const resident = residentPages(pid);
    if (!resident) continue;
    pids.push(pid);
    pages += resident;
    cpuMs += processCpuMs(pid) ?? 0;
  }
  return { pids, cpuMs, rssBytes: pages * own.bytes };
}
