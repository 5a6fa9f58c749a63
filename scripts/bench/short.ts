// Whole short programs, from exec to exit: a pool of two workers over N tasks, imp's against Python's. CPU time
// includes all their processes: on a shared machine it is more meaningful than elapsed time.
// Usage: deno run -A scripts/bench/short.ts [ROUNDS]
import { libc } from "../../src/libc/calling/load.ts";
import { Reaper } from "../../src/libc/processes/child_wakeup.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { O_RDWR } from "../../src/libc/abi.ts";
import { openFile } from "../../src/libc/descriptors/files.ts";
import { machine, which } from "./measure.ts";
import { impBinary } from "./programs.ts";

const IMP = `
import { Pool } from "imp:multiprocessing";
export const empty = () => {};
export const square = (n: number) => n * n;
export async function main(what: string, n: string) {
  await using pool = new Pool(2);
  const items = Array.from({ length: Number(n) }, (_, i) => i);
  if (what === "map") await pool.map(square, items);
  else for await (const _ of pool.imapUnordered(empty, items));
}
`;

const PYTHON = `
import sys
from multiprocessing import Pool

def empty(_):
    pass

def square(n):
    return n * n

if __name__ == "__main__":
    what, n = sys.argv[1], int(sys.argv[2])
    with Pool(2) as pool:
        if what == "map":
            pool.map(square, range(n))
        else:
            for _ in pool.imap_unordered(empty, range(n)):
                pass
`;

const TASKS: readonly [what: string, n: number][] = [
  ["imapUnordered", 1000],
  ["imapUnordered", 2000],
  ["imapUnordered", 4000],
  ["imapUnordered", 8000],
  ["imapUnordered", 50_000],
  ["map", 200_000],
  ["map", 1_000_000],
];

interface Cost {
  cpu: number;
  wall: number;
}

const rounds = Number(Deno.args[0] ?? 7);
const python = which("python3") && interpreter("python3");
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const environment = Object.entries(Deno.env.toObject()).map(([name, value]) => `${name}=${value}`);
const nowhere = openFile("/dev/null", O_RDWR);
const reaper = new Reaper();

try {
  Deno.writeTextFileSync(`${work}/short.ts`, IMP);
  Deno.writeTextFileSync(`${work}/short.py`, PYTHON);
  console.log(
    `${machine()}; ${rounds} rounds in turn, medians; × Python's: below 1 imp takes less`,
  );
  console.log("\n| whole program | imp, ms of CPU | × Python's | imp, ms | × Python's |");
  console.log("| --- | ---: | ---: | ---: | ---: |");
  for (const [what, n] of TASKS) row(what, n);
} finally {
  Deno.removeSync(work, { recursive: true });
}

function row(what: string, n: number): void {
  const own: Cost[] = [];
  const other: Cost[] = [];
  for (let round = -1; round < rounds; round++) {
    const costs = [costOf([impBinary(), "run", `${work}/short.ts`, what, String(n)])];
    if (python) costs.push(costOf([python, `${work}/short.py`, what, String(n)]));
    // The first round fills caches.
    if (round < 0) continue;
    own.push(costs[0]);
    if (python) other.push(costs[1]);
  }
  const cells = (["cpu", "wall"] as const).flatMap((key) => [
    median(own.map((cost) => cost[key])).toFixed(0),
    python ? median(own.map((cost, i) => cost[key] / other[i][key])).toFixed(2) : "-",
  ]);
  console.log(`| ${what}, ${n.toLocaleString("en")} | ${cells.join(" | ")} |`);
}

/** The program in PATH may be a script that finds the interpreter: its time must not count for Python. */
function interpreter(name: string): string {
  const args = ["-c", "import sys; print(sys.executable)"];
  return new TextDecoder().decode(new Deno.Command(name, { args }).outputSync().stdout).trim();
}

/** Milliseconds. */
function costOf(argv: string[]): Cost {
  const begin = performance.now();
  const pid = spawn({
    path: argv[0],
    argv,
    env: environment,
    descriptors: [[nowhere, 0], [nowhere, 1], [nowhere, 2]],
  });
  if (pid < 0) throw new Error(`${argv[0]}: errno ${-pid}`);
  while (reaper.next() !== pid) libc("poll").poll(0, 0, 1);
  if (reaper.status !== 0) throw new Error(`${argv.join(" ")} failed: status ${reaper.status}`);
  return { cpu: reaper.userTime + reaper.systemTime, wall: performance.now() - begin };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
