// Shared by all benchmarks: programs are started through imp's own libc layer, so that measuring adds only some
// microseconds, and in turn (A B C A B C …), so that changes of the machine's speed affect all of them alike.
import { O_RDWR } from "../../src/libc/abi.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocateForGood } from "../../src/libc/calling/memory.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openFile } from "../../src/libc/descriptors/files.ts";
import { type Ending, endingOf } from "../../src/libc/processes/wait.ts";

export interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
}

/** The cost of a contender in each round. */
export interface Timing {
  readonly name: string;
  /** Wall times from start to end, microseconds, sorted. */
  readonly times: readonly number[];
  /** CPU times, user and system, of it and everything it has waited for, microseconds, sorted. */
  readonly cpu: readonly number[];
  /** Page faults of the same processes, sorted. */
  readonly faults: readonly number[];
}

/** One run; microseconds. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  readonly faults: number;
}

/** A longer round is reported on stderr, contender by contender. */
const TOLD_US = 500_000;
const environment = Object.entries(Deno.env.toObject()).map(([name, value]) => `${name}=${value}`);
const nowhere = openFile("/dev/null", O_RDWR);
/** A wait status, then struct rusage of getrusage(2). */
const usage = allocateForGood(160);
const RUSAGE = 8, UTIME = RUSAGE, STIME = RUSAGE + 16, MINFLT = RUSAGE + 64, MAJFLT = RUSAGE + 72;

/** Runs each contender `rounds` times, in turn, after a warm-up round. */
export function timeInTurn(contenders: readonly Contender[], rounds: number): Timing[] {
  const costs = contenders.map((): Cost[] => []);
  for (let round = -1; round < rounds; round++) {
    contenders.forEach((contender, i) => {
      const cost = runOnce(contender);
      if (round >= 0) costs[i].push(cost);
      if (cost.wall > TOLD_US) tell(contender, round, rounds, cost);
    });
  }
  const sorted = (list: readonly Cost[], of: (cost: Cost) => number) =>
    list.map(of).sort((a, b) => a - b);
  return contenders.map(({ name }, i) => ({
    name,
    times: sorted(costs[i], ({ wall }) => wall),
    cpu: sorted(costs[i], ({ cpu }) => cpu),
    faults: sorted(costs[i], ({ faults }) => faults),
  }));
}

export function median({ times }: Timing): number {
  return middleOf(times);
}

/** The median of sorted values. */
export function middleOf(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)];
}

function tell({ name }: Contender, round: number, rounds: number, { wall }: Cost): void {
  const which = round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`;
  console.error(`  ${which}: ${name}: ${(wall / 1e6).toFixed(2)} s`);
}

/** The program's file in PATH; undefined if it is not installed. */
export function which(program: string): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin", "/sbin");
  return folders.map((folder) => `${folder}/${program}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Whether peers may be installed by npm, which takes longer than a quick run. */
export function isNpmWanted(): boolean {
  return Deno.env.get("IMP_BENCH_NPM") !== "no";
}

/** One line about the machine, for the table's heading. */
export function machine(): string {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ??
    Deno.build.arch;
  const { total } = Deno.systemMemoryInfo();
  return `${navigator.hardwareConcurrency} × ${cpu}, ${
    Math.round(total / 2 ** 30)
  } GiB, Linux ${Deno.osRelease()}`;
}

/** Runs a program, which must succeed. @param env `NAME=value` @throws Error */
export function runOnce({ name, argv }: Contender, env: readonly string[] = environment): Cost {
  const begin = performance.now();
  const pid = spawn({
    path: argv[0],
    argv,
    env,
    descriptors: [[nowhere, 0], [nowhere, 1], [nowhere, 2]],
  });
  if (pid < 0) throw new Error(`${name}: errno ${-pid}`);
  const { ended, ...cost } = reapChild(pid) ?? {};
  const wall = (performance.now() - begin) * 1000;
  if (ended?.how !== "exit" || ended.code !== 0) {
    throw new Error(`${name} failed: ${JSON.stringify(ended ?? "wait4(2)")}`);
  }
  return { wall, cpu: 0, faults: 0, ...cost };
}

/** Waits for a child, or for any: -1. @returns its cost, with everything it has waited for; undefined: there is none */
export function reapChild(
  pid: number,
): Pick<Cost, "cpu" | "faults"> & { ended: Ending } | undefined {
  const waited = libc("wait4").wait4(pid, usage.address, 0, usage.address + RUSAGE);
  if (waited <= 0) return undefined;
  const long = (at: number) => Number(usage.view.getBigInt64(at, true));
  const time = (at: number) => long(at) * 1e6 + long(at + 8);
  return {
    ended: endingOf(usage.view.getInt32(0, true)),
    cpu: time(UTIME) + time(STIME),
    faults: long(MINFLT) + long(MAJFLT),
  };
}
