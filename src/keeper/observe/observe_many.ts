// Hundreds of kept daemons at one look. A daemon in order is proven by relations: guard, keeper and program exist, and
// the program is a child of that keeper, as recorded; processes that reused these PIDs would not be related so. That
// costs a third of reading start times; everything else is examined fully.
import { libc } from "../../libc/calling/load.ts";
import { lastByteOfLink } from "../../libc/descriptors/files.ts";
import { bootId, pageBytes } from "../../procfs/boot.ts";
import { processCpuMs, readChildren, residentPages } from "../../procfs/usage.ts";
import type { KeptPlace } from "../home.ts";
import {
  deletedOutputs,
  type KeptFacts,
  keptFacts,
  type KeptNote,
  keptNotes,
} from "./kept_facts.ts";
import { observeKept } from "./observe.ts";
import { type ObservedDaemon, phaseOf } from "./observed.ts";
import type { KeptState } from "../records/kept_state.ts";
import { readStateInBrief, type RecordReading } from "../records/reading.ts";
import type { KeptUsage } from "./usage.ts";

const c = libc("getsid");
const STDOUT = [1];
const NOBODY: readonly number[] = [],
  NO_LOGS: readonly string[] = [],
  NONE: readonly KeptNote[] = [];
/** Of ` (deleted)`. */
const END_OF_DELETED = ")".charCodeAt(0);

/** A daemon in order. */
interface Proven {
  readonly daemon: ObservedDaemon & Required<Pick<ObservedDaemon, "program" | "guard" | "keeper">>;
  /** All children of its keeper. */
  readonly children: readonly number[];
  /** Resident pages of its program. */
  readonly pages: number;
}

/** The facts of daemons, without those of which nothing exists any more. Only the last run is read. */
export function observeMany(places: readonly KeptPlace[]): KeptFacts[] {
  const boot = bootId();
  const bytes = pageBytes();
  const facts: KeptFacts[] = [];
  for (const place of places) {
    const state = readStateInBrief(place.directory);
    const proven = state.is === "read" ? prove(place, state.value, boot) : undefined;
    if (proven) {
      const { daemon } = proven;
      const { pid } = daemon.program;
      const isDeleted = lastByteOfLink(`/proc/${pid}/fd/1`) === END_OF_DELETED;
      const deletedLogs = isDeleted ? deletedOutputs(pid, STDOUT) : NO_LOGS;
      const isTold = deletedLogs.length > 0 || daemon.state?.changes?.trouble !== undefined;
      const notes = isTold ? keptNotes(daemon, deletedLogs) : NONE;
      facts.push({ daemon, usage: usageOfProven(proven, bytes), deletedLogs, notes });
      continue;
    }
    const daemon = otherwise(place, boot, state);
    // Its directory was created a moment ago, or is being removed.
    if (daemon.exists) facts.push(keptFacts(daemon));
  }
  return facts;
}

/**
 * Daemons that do not run as they should, or should not run. A state is not read twice, unless it is being written or
 * removed.
 */
function otherwise(
  place: KeptPlace,
  boot: string | undefined,
  state: RecordReading<KeptState>,
): ObservedDaemon {
  if (state.is === "read" && !state.value.program && !state.value.keeper) {
    const daemon = observeKept(place, boot, undefined, state);
    if (daemon.settings && daemon.intent && !daemon.acting) return daemon;
  }
  return observeKept(place, boot);
}

function prove(
  { name, directory }: KeptPlace,
  state: KeptState,
  boot: string | undefined,
): Proven | undefined {
  const { guard, keeper, program } = state;
  if (!guard || !keeper || !program || state.bootId !== boot) return undefined;
  // With sockets, connections are shown, and its settings say where.
  if (state.socketFiles) return undefined;
  // A guard leads its own session, and a record is written when it has ended.
  if (c.getsid(guard.pid) !== guard.pid) return undefined;
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
      // A guard's parent does not matter.
      guard: { pid: guard.pid, startTicks: guard.startTicks, ppid: 0 },
      keeper: keeping,
      acting: keeping,
      rebooted: false,
    },
  };
}

function usageOfProven({ daemon, children, pages }: Proven, bytes: number): KeptUsage {
  const main = daemon.program.pid;
  const keeper = daemon.keeper.pid;
  const pids = [main];
  let cpuMs = processCpuMs(main) ?? 0;
  const below = readChildren(main) ?? NOBODY;
  if (below.length > 0 || children.length > 1) {
    // Turns of imp stay in their keeper's session.
    const adopted = children.filter((pid) => pid !== main && c.getsid(pid) !== keeper);
    const others = new Set([...below, ...adopted]);
    // Grows during the loop.
    for (const pid of others) {
      for (const child of readChildren(pid) ?? []) others.add(child);
      const resident = residentPages(pid);
      if (!resident) continue;
      pids.push(pid);
      pages += resident;
      cpuMs += processCpuMs(pid) ?? 0;
    }
  }
  return { pids, cpuMs, rssBytes: pages * bytes };
}
