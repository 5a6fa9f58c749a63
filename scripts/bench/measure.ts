// What all benchmarks share: programs are started through imp's own libc layer, so that the measuring process adds some
// microseconds only, and in turn (A B C A B C …), so that a drift of the machine's speed hits all of them alike.
import { O_RDWR } from "../../src/libc/abi.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openFile } from "../../src/libc/descriptors/files.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";

export interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
}

export interface Timing {
  readonly name: string;
  /** Wall times from start to end, microseconds, sorted. */
  readonly times: readonly number[];
}

const environment = Object.entries(Deno.env.toObject()).map(([name, value]) => `${name}=${value}`);
const nowhere = openFile("/dev/null", O_RDWR);

/** Runs each contender `rounds` times, in turn, after one round that does not count. */
export function timeInTurn(contenders: readonly Contender[], rounds: number): Timing[] {
  const times = contenders.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    contenders.forEach((contender, i) => {
      const elapsed = timeOnce(contender);
      if (round >= 0) times[i].push(elapsed);
    });
  }
  return contenders.map(({ name }, i) => ({ name, times: times[i].sort((a, b) => a - b) }));
}

export function median({ times }: Timing): number {
  return times[Math.floor(times.length / 2)];
}

/** The program's file in PATH; undefined when it is not installed. */
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

/** One line about the machine, for the table's heading. */
export function machine(): string {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ??
    Deno.build.arch;
  const { total } = Deno.systemMemoryInfo();
  return `${navigator.hardwareConcurrency} × ${cpu}, ${
    Math.round(total / 2 ** 30)
  } GiB, Linux ${Deno.osRelease()}`;
}

function timeOnce({ name, argv }: Contender): number {
  const begin = performance.now();
  const pid = spawn({
    path: argv[0],
    argv,
    env: environment,
    descriptors: [[nowhere, 0], [nowhere, 1], [nowhere, 2]],
  });
  if (pid < 0) throw new Error(`${name}: errno ${-pid}`);
  const ended = waitFor(pid)?.ending;
  const elapsed = (performance.now() - begin) * 1000;
  if (ended?.how !== "exit" || ended.code !== 0) {
    throw new Error(`${name} failed: ${JSON.stringify(ended)}`);
  }
  return elapsed;
}
