import { runtime } from "../runtime/mod.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { readCmdline, readVariable } from "../procfs/cmdline.ts";
import { orUndefined } from "../procfs/read.ts";
import { isZombie, type ProcStat, readStat } from "../procfs/stat.ts";
import type { ProcessIdentity } from "../termination/identity.ts";
import { parseRecord, type RecordEntry, startOf, writesOf } from "./record.ts";
import { collectFacts } from "../inspect/read_facts.ts";
import { listPids } from "../procfs/processes.ts";
import { TaggedTree } from "../termination/tagged_tree.ts";
import { killTree } from "../termination/termination.ts";
import { TAG_VARIABLE } from "./shells.ts";

/** The process that a style has started, while it is looked for and watched. */
export interface Subject {
  /** Finds it, once it is what it will be; undefined as long as it is not. */
  find(): ProcessIdentity | undefined;
  /** From now on it must show anew that nothing more happens to it. */
  restart(): void;
  /** Whether nothing more has happened to it for long enough. */
  isSettled(name: ProcessIdentity): boolean;
  /** What it has noted itself; undefined for a program that notes nothing. */
  entries(): RecordEntry[] | undefined;
}

/** How a subject is told from others. */
export interface Clues {
  readonly tag: string;
  /** Words of a process that is still on its way to become the program. */
  readonly wrapper?: readonly string[];
  /** Processes that were there before. */
  readonly bystanders: ReadonlySet<number>;
}

/** Writes of the probe that show that whatever was to reach it has done so. */
const WRITES = 3;
/** How long another program must look the same. */
const QUIET_MS = 250;
/** Nor is it waited for longer than that: some never look the same. */
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

/** Of those who carry the tag and are no wrappers, the oldest: the others are its children. */
function oldestProper({ tag, wrapper, bystanders }: Clues): ProcStat | undefined {
  return carriers(tag, bystanders).find(({ pid }) => {
    const words = orUndefined(readCmdline(pid)) ?? [];
    return words.length > 0 && !sameWords(words, wrapper);
  });
}

function sameWords(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((word, i) => word === b[i]);
}

/** What a comparison has started can be told by these. */
export interface Marks {
  /** Their {@link TAG_VARIABLE} begins with it. */
  readonly token: string;
  /** Sessions made for the comparison: whoever is in one belongs to it, whatever its environment says now. */
  readonly sessions: readonly number[];
}

/** A process between fork and exec carries no tag yet. */
const QUIET_LOOKS = 4;

/** The tag in a process' environment; undefined when there is none, or it may not be read. */
export function readTag(pid: number): string | undefined {
  return readVariable(pid, TAG_VARIABLE);
}

/**
 * The PIDs of those who carry exactly this tag, older ones first.
 * @param passOver processes that are known to have been there before
 */
export function carriers(tag: string, passOver: ReadonlySet<number> = new Set()): ProcStat[] {
  const found: ProcStat[] = [];
  for (const pid of listPids()) {
    if (passOver.has(pid) || readTag(pid) !== tag) continue;
    const stat = readStat(pid);
    if (stat && !isZombie(stat)) found.push(stat);
  }
  return found.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/**
 * Kills everything that belongs to a comparison, until nothing is found any more.
 * @returns false when something does not end
 */
export async function endBelongings({ token, sessions }: Marks): Promise<boolean> {
  const matches = (value: string) => value.startsWith(token);
  const tree = new TaggedTree({ variable: TAG_VARIABLE, matches, sessions });
  return await killTree(tree.scope, QUIET_LOOKS);
}
