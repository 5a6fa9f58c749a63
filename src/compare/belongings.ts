import { readVariable } from "../procfs/environ.ts";
import { listPids } from "../procfs/processes.ts";
import { isZombie, type ProcStat, readStat } from "../procfs/stat.ts";
import { runtime } from "../runtime/mod.ts";
import { TaggedTree } from "../termination/tagged_tree.ts";
import { Termination, untilOver } from "../termination/termination.ts";
import { TAG_VARIABLE } from "./shells.ts";

/** What a comparison has started can be told by these. */
export interface Marks {
  /** Their {@link TAG_VARIABLE} begins with it. */
  readonly token: string;
  /** Sessions made for the comparison: whoever is in one belongs to it, whatever its environment says now. */
  readonly sessions: readonly number[];
}

/** A process between fork and exec carries no tag yet. */
const KILL = { steps: [], quietLooks: 4 };

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
  const termination = new Termination(tree.scope, KILL);
  for (const pause of untilOver(termination)) await runtime.sleep(pause);
  return !termination.isGivenUp;
}
