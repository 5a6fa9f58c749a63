import { UsageError } from "../base/errors.ts";
import type { TermStep } from "../group/ending.ts";
import type { Scope } from "../group/scope.ts";
import { listTree } from "../group/signal_tree.ts";
import { signalNumber } from "../libc/signals.ts";
import { readStat } from "../procfs/stat.ts";

/**
 * The tree of one job. Whoever was in it when its ending began stays known after the job itself has ended, although its
 * orphans then look like any other child of imp.
 */
export function jobScope(pid: number): () => Scope {
  const known = new Map<number, number>();
  return () => {
    const alive = [...known].filter(([pid, ticks]) => readStat(pid)?.startTicks === ticks);
    const roots = known.size === 0 ? [pid] : alive.map(([pid]) => pid);
    for (const kin of listTree({ roots, groups: [pid] })) known.set(kin.pid, kin.startTicks);
    return { roots: [...known.keys()], groups: [pid] };
  };
}

/** `TERM,5s,KILL`: signals, each followed by how long to wait; a bare number counts milliseconds. */
export function parseTermSequence(text: string, duration: (text: string) => number): TermStep[] {
  const words = text.split(",");
  const steps: TermStep[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const signal = signalNumber(words[i]);
    if (signal === undefined) {
      throw new UsageError(`'${words[i]}' is no signal`, "write for example TERM,5s,KILL");
    }
    const wait = words[i + 1];
    const ms = wait === undefined ? 0 : /^\d+$/.test(wait) ? Number(wait) : duration(wait);
    steps.push({ signal, wait: ms });
  }
  return steps;
}
