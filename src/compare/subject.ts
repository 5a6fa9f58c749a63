import { runtime } from "../runtime/mod.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { readCmdline, readVariable } from "../procfs/cmdline.ts";
import { orUndefined } from "../procfs/read.ts";
import { byAge, isZombie, type ProcStat, readStat } from "../procfs/stat.ts";
import type { ProcessIdentity } from "../termination/identity.ts";
import { parseRecord, type RecordEntry, startOf, writesOf } from "./record.ts";
import { collectFacts } from "../inspect/read_facts.ts";
import { listPids } from "../procfs/processes.ts";
import { TaggedTree } from "../termination/tagged_tree.ts";
import { killTree } from "../termination/termination.ts";
import { TAG_VARIABLE } from "./shells.ts";

/** The process that a style has started, while it is being found and watched. */
export interface Subject {
  /** The process, once it has become the program; undefined until then. */
  find(): ProcessIdentity | undefined;
  /** Starts waiting again for it to settle. */
  restart(): void;
  /** Whether nothing more has happened to it for long enough. */
  isSettled(name: ProcessIdentity): boolean;
  /** Its own record; undefined for a program that keeps none. */
  entries(): RecordEntry[] | undefined;
}

/** How to tell a subject from other processes. */
export interface Clues {
  readonly tag: string;
  /** Words of a process that has not become the program yet. */
  readonly wrapper?: readonly string[];
  /** Processes that existed before. */
  readonly bystanders: ReadonlySet<number>;
}

/** After so many writes of the probe, everything that was to reach it has done so. */
const WRITES = 3;
/** How long another program must look the same. */
const QUIET_MS = 250;
/** The longest wait for that: some never look the same. */
const MOST_MS = 2_000;

/** imp's own probe: its record tells everything. */
export function probeSubject(record: string): Subject {
  const entries = () => parseRecord(readTextOrNothing(record) ?? "");
  let from = 0;
  return {
    find: () => {
      const start = startOf(entries());
      const stat = start && readStat(start.pid);
      return stat && { pid: stat.pid, startTicks: stat.startTicks };
    },
    restart: () => {
      from = writesOf(entries()).length;
    },
    isSettled: () => writesOf(entries()).length >= from + WRITES,
    entries,
  };
}

/** Any program, seen from outside. */
export function foreignSubject(clues: Clues): Subject {
  let look = "";
  let since = 0;
  let begun: number | undefined;
  return {
    find: () => oldestProper(clues),
    restart: () => {
      since = begun = runtime.now();
    },
    isSettled: ({ pid }) => {
      const now = runtime.now();
      const facts = collectFacts(pid);
      const { exe, command, ppid, pgid, sid, tty, cwd, umask, signals, fds } = facts ?? {};
      const next = JSON.stringify([exe, command, ppid, pgid, sid, tty, cwd, umask, signals, fds]);
      if (next !== look) [look, since] = [next, now];
      begun ??= now;
      return now - since >= QUIET_MS || now - begun >= MOST_MS;
    },
    entries: () => undefined,
  };
}

/** The oldest of the tagged processes that are not wrappers: the others are its children. */
function oldestProper({ tag, wrapper, bystanders }: Clues): ProcStat | undefined {
  return carriers(tag, bystanders).find(({ pid }) => {
    const words = orUndefined(readCmdline(pid)) ?? [];
    return words.length > 0 && !sameWords(words, wrapper);
  });
}

function sameWords(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((word, i) => word === b[i]);
}

/** How to recognise what a comparison has started. */
export interface Marks {
  /** The beginning of their {@link TAG_VARIABLE}. */
  readonly token: string;
  /** Sessions made for the comparison: all their members belong to it, whatever their environment says now. */
  readonly sessions: readonly number[];
}

/** A process between fork and exec carries no tag yet. */
const QUIET_LOOKS = 4;

/** The tag in a process' environment; undefined if there is none or it may not be read. */
export function readTag(pid: number): string | undefined {
  return readVariable(pid, TAG_VARIABLE);
}

/**
 * The PIDs of processes with exactly this tag, oldest first.
 * @param passOver processes known to have existed before
 */
export function carriers(tag: string, passOver: ReadonlySet<number>): ProcStat[] {
  const found: ProcStat[] = [];
  for (const pid of listPids()) {
    if (passOver.has(pid) || readTag(pid) !== tag) continue;
    const stat = readStat(pid);
    if (stat && !isZombie(stat)) found.push(stat);
  }
  return found.sort(byAge);
}

/**
 * Kills everything that belongs to a comparison, until nothing is found any more.
 * @returns false if something does not end
 */
export async function endBelongings({ token, sessions }: Marks): Promise<boolean> {
  const matches = (value: string) => value.startsWith(token);
  const tree = new TaggedTree({ variable: TAG_VARIABLE, matches, sessions });
  return await killTree(tree.scope, QUIET_LOOKS);
}
