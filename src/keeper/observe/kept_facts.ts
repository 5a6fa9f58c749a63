import { readLink } from "../../libc/descriptors/files.ts";
import type { SocketUse } from "../../procfs/connections.ts";
import { isOver, type ObservedDaemon } from "./observed.ts";
import { type KeptUsage, usageOf } from "./usage.ts";
import { isSerious, keepingOf, keepingSentence, troubleSentence } from "./words.ts";

/** A kept daemon for display. */
export interface KeptFacts {
  readonly daemon: ObservedDaemon;
  readonly usage?: KeptUsage;
  /** Who is connected to its sockets, if it has some and they are open: added by withSocketUse. */
  readonly sockets?: SocketUse;
  /** Deleted log files that the program still writes to. */
  readonly deletedLogs: readonly string[];
  readonly notes: readonly KeptNote[];
}

/** Something that its owner should know. */
export interface KeptNote {
  /** A few words for a table; also the name for programs. */
  readonly short: string;
  /** Without full stop. */
  readonly sentence: string;
}

const DELETED = " (deleted)";

/** A daemon's facts besides its records, read from the kernel now; except its sockets. */
export function keptFacts(daemon: ObservedDaemon): KeptFacts {
  const deletedLogs = daemon.program ? deletedOutputs(daemon.program.pid) : [];
  return { daemon, usage: usageOf(daemon), deletedLogs, notes: keptNotes(daemon, deletedLogs) };
}

/** Pure. */
export function keptNotes(
  daemon: ObservedDaemon,
  deletedLogs: readonly string[],
): KeptNote[] {
  const { troubles, program, acting, keeper, name, phase } = daemon;
  const keeping = keepingOf(daemon);
  const notes: KeptNote[] = [];
  const note = (short: string, sentence: string) => notes.push({ short, sentence });
  if (keeping === "unkept" && phase !== "lost") note("unkept", `${keepingSentence(daemon)}`);
  if (keeping === "single") note(keeper ? "no guard" : "no keeper", `${keepingSentence(daemon)}`);
  if (acting?.state === "T") {
    note("keeper stopped", `its keeper is stopped: kill -CONT ${acting.pid} continues it`);
  }
  if (program?.state === "T") {
    note("program stopped", `the program is stopped: kill -CONT ${program.pid} continues it`);
  }
  for (const trouble of troubles.filter(isSerious)) {
    note(`${trouble.is} ${trouble.record}.json`, troubleSentence(trouble));
  }
  const unwatched = isOver(phase) || phase === "lost" ? undefined : daemon.state?.changes?.trouble;
  if (unwatched !== undefined) note("not all watched", unwatched);
  if (deletedLogs.length > 0) {
    const files = deletedLogs.join(" and ");
    note(
      "log deleted",
      `${files} was deleted, and is back with the next start: imp restart ${name}`,
    );
  }
  return notes;
}

/** Targets of a process' descriptors, stdout and stderr by default, that have no name any more. */
export function deletedOutputs(pid: number, fds: readonly number[] = [1, 2]): string[] {
  const targets = fds.map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  const gone = targets.filter((target) => target?.endsWith(DELETED) && target.startsWith("/"));
  if (gone.length === 0) return gone as [];
  return [...new Set(gone.map((target) => target!.slice(0, -DELETED.length)))];
}
