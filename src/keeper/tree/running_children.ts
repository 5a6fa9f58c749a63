import { childrenOf } from "../../procfs/processes.ts";
import { nap } from "../../libc/time.ts";
import { isEnding, isZombie, type ProcStat, readStat } from "../../procfs/stat.ts";

/** Whoever forks and ends all the time has been read by then. */
const MOST_READINGS = 50;

/**
 * The running children of these processes, which adopt all orphans below them. A child that ends before it is read may
 * have left its own one in its place, without end: that none is left is proven only if all those listed have ended, and
 * no other one is listed afterwards.
 * @param isOurs which of them count
 */
export function runningChildrenOf(
  parents: readonly number[],
  isOurs: (child: ProcStat) => boolean,
): ProcStat[] {
  let listed = parents.flatMap(childrenOf);
  for (let reading = 1;; reading++) {
    const children = listed.flatMap((pid) => readStat(pid) ?? []);
    const running = children.filter((child) =>
      !isZombie(child) && parents.includes(child.ppid) && isOurs(child)
    );
    if (reading === MOST_READINGS) return running;
    // Nobody can tell whose it was: the log's reader's end must not be taken for the program.
    const sure = running.filter((child) => !isEnding(child));
    const isCertain = children.length === listed.length && !children.some(isZombie);
    if (sure.length > 0 || (isCertain && running.length === 0)) return sure;
    const seen = new Set(listed);
    if (running.length > 0) nap(1);
    listed = parents.flatMap(childrenOf);
    if (running.length === 0 && listed.every((pid) => seen.has(pid))) return [];
  }
}
