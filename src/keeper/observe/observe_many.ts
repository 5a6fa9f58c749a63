// Looks at hundreds of kept daemons, in bulk. For a daemon in order, four things are read: its state, its program's line in
// /proc, where its output goes, and its CPU time. Everything else is observed one by one.
import { libc } from "../../libc/calling/load.ts";
import { lastBytesOfLinks, readTexts } from "../../libc/descriptors/many_files.ts";
import { bootId, pageBytes } from "../../procfs/boot.ts";
import { parseStatInBrief } from "../../procfs/stat.ts";
import { processCpuMs, residentPages } from "../../procfs/usage.ts";
import { type KeptPlace, keptPlace } from "../home.ts";
import {
  deletedOutputs,
  type KeptFacts,
  keptFacts,
  type KeptNote,
  keptNotes,
} from "./kept_facts.ts";
import { observeKept } from "./observe.ts";
import { type ObservedDaemon, phaseOf } from "./observed.ts";
import { othersOf } from "./others.ts";
import type { KeptState } from "../records/kept_state.ts";
import { readStatesInBrief, type RecordReading } from "../records/reading.ts";
import type { KeptUsage } from "./usage.ts";

const c = libc("getsid");
const STDOUT = [1];
const NO_LOGS: readonly string[] = [], NONE: readonly KeptNote[] = [];
/** Of ` (deleted)`. */
const END_OF_DELETED = ")".charCodeAt(0);

type Noted = KeptState & Required<Pick<KeptState, "program" | "guard" | "keeper">>;

/** A daemon in order. */
interface Proven {
  readonly daemon: ObservedDaemon & Required<Pick<ObservedDaemon, "program" | "guard" | "keeper">>;
  /** Resident pages of its program. */
  readonly pages: number;
}

/**
 * The facts of daemons, without those of which nothing exists any more. Only the last run is read.
 * @param exact whether memory is exact. Otherwise it is what ps(1) shows, which costs one file less, and misses up to some dozens of pages
 *   for each processor
 */
export function observeMany(home: string, names: readonly string[], exact: boolean): KeptFacts[] {
  const boot = bootId();
  const states = readStatesInBrief(`${home}/daemons`, names);
  const proven = prove(home, names, states, boot);
  const running = [...proven.values()];
  const uses = usesOf(running, exact);
  const ends = lastBytesOfLinks("/proc", running.map(({ daemon }) => `${daemon.program.pid}/fd/1`));
  const facts: KeptFacts[] = [];
  let next = 0;
  for (let i = 0; i < names.length; i++) {
    const one = proven.get(i);
    if (one) {
      facts.push(factsOf(one, uses[next], ends[next] === END_OF_DELETED));
      next++;
      continue;
    }
    const daemon = otherwise(keptPlace(home, names[i]), boot, states[i]);
    // Its directory was created a moment ago, or is being removed.
    if (daemon.exists) facts.push(keptFacts(daemon));
  }
  return facts;
}

function factsOf({ daemon }: Proven, usage: KeptUsage, isDeleted: boolean): KeptFacts {
  const deletedLogs = isDeleted ? deletedOutputs(daemon.program.pid, STDOUT) : NO_LOGS;
  const isTold = deletedLogs.length > 0 || daemon.state?.changes?.trouble !== undefined;
  const notes = isTold ? keptNotes(daemon, deletedLogs) : NONE;
  return { daemon, usage, deletedLogs, notes };
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

/** Those that are as they should be, by their place among all. */
function prove(
  home: string,
  names: readonly string[],
  states: readonly RecordReading<KeptState>[],
  boot: string | undefined,
): Map<number, Proven> {
  const noted: { readonly i: number; readonly state: Noted }[] = [];
  const files: string[] = [];
  states.forEach((reading, i) => {
    if (reading.is !== "read" || !isNoted(reading.value, boot)) return;
    noted.push({ i, state: reading.value });
    files.push(`${reading.value.program.pid}/stat`);
  });
  const proven = new Map<number, Proven>();
  readTexts("/proc", files).forEach((line, n) => {
    const { i, state } = noted[n];
    const one = typeof line === "string" ? proof(home, names[i], state, line) : undefined;
    if (one) proven.set(i, one);
  });
  return proven;
}

function isNoted(state: KeptState, boot: string | undefined): state is Noted {
  const { guard, keeper, program } = state;
  // With sockets, its settings are needed: connections are shown too. A guard leads its own session, and its end is recorded.
  return guard !== undefined && keeper !== undefined && program !== undefined &&
    state.bootId === boot && !state.socketFiles && c.getsid(guard.pid) === guard.pid;
}

/** The program is the recorded one and a child of its keeper, so its keeper lives. It leads a session, and is neither stopped nor a zombie. */
function proof(home: string, name: string, state: Noted, line: string): Proven | undefined {
  const { guard, keeper, program } = state;
  const { pid, startTicks } = program;
  const now = parseStatInBrief(line);
  const isSame = now.startTicks === startTicks && now.ppid === keeper.pid && now.sid === pid;
  if (!isSame || !(now.residentPages > 0) || now.state === "T") return undefined;
  const living = { pid, startTicks, ppid: keeper.pid };
  const keeping = { pid: keeper.pid, startTicks: keeper.startTicks, ppid: guard.pid };
  return {
    pages: now.residentPages,
    daemon: {
      name,
      directory: `${home}/daemons/${name}`,
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

function usesOf(running: readonly Proven[], exact: boolean): KeptUsage[] {
  const bytes = pageBytes();
  const others = othersOf(running.map(({ daemon: { program, keeper, guard } }) => ({
    program: program.pid,
    keeper: keeper.pid,
    guard: guard.pid,
  })));
  return running.map(({ daemon, pages }) => {
    const main = daemon.program.pid;
    const pids = [main];
    let cpuMs = processCpuMs(main) ?? 0;
    const more = others.get(main);
    let all = exact ? residentPages(main) ?? 0 : pages;
    if (more) {
      for (const pid of more) {
        const resident = residentPages(pid);
        if (!resident) continue;
        pids.push(pid);
        all += resident;
        cpuMs += processCpuMs(pid) ?? 0;
      }
    }
    return { pids, cpuMs, rssBytes: all * bytes };
  });
}
