// Scheduled jobs: the cost of hundreds of them at rest, and how late a job starts, next to the start of an empty
// program with imp's runtime at the same time.
// Usage: scripts/bench/run schedules [RUNS [JOBS]]
import { machine, runOnce } from "./measure.ts";
import { compileEmpty } from "./programs.ts";
import { privateBytes, switchesOf } from "./resting.ts";

const runs = Number(Deno.args[0] ?? 20);
const jobs = Number(Deno.args[1] ?? 1000);
const IDLE_MS = 10_000, EVERY_S = 2;
const IMP = new URL("../../dist/imp", import.meta.url).pathname;

const work = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "imp-bench-schedules-" });
const env = Object.entries({ ...Deno.env.toObject(), IMP_HOME: `${work}/home` })
  .map(([name, value]) => `${name}=${value}`);

console.log(`${machine()}; ${jobs} jobs\n`);
try {
  await atRest();
  await starts();
} finally {
  imp("stop", "-q", "--now", "--all");
  Deno.removeSync(work, { recursive: true });
}

async function atRest(): Promise<void> {
  const tables = Array.from(
    { length: jobs },
    (_, i) => `[daemons.j${i}]\ncommand = ["true"]\ncron = "${i % 60} 3 1 1 *"\n`,
  );
  Deno.writeTextFileSync(`${work}/jobs.toml`, tables.join(""));
  imp("up", "-q", "-f", `${work}/jobs.toml`);
  // Until the last turn is over.
  let waiters: number[] = [];
  for (let before = -1; before !== (before = sum(waiters = waitersNow(), switchesOf));) {
    await pause(2000);
  }
  const switched = sum(waiters, switchesOf);
  await pause(IDLE_MS);
  const bytes = sum(waiters, privateBytes);
  console.log(
    `at rest: ${waiters.length} keepers and guards, ${
      (bytes / 2 ** 20).toFixed(1)
    } MiB private in all, ` +
      `${sum(waiters, switchesOf) - switched} wake-ups in ${IDLE_MS / 1000} s`,
  );
  imp("down", "-q", "--now", "-f", `${work}/jobs.toml`);
  imp("remove", "-q", "--yes", "--all");
}

/** From the scheduled time to the first act of the program. */
async function starts(): Promise<void> {
  const file = `${work}/starts`;
  imp("start", "-q", "job", "--every", `${EVERY_S}s`, "--", "sh", "-c", `date +%s%N >>${file}`);
  const late: number[] = [], empty: number[] = [];
  const program = { name: "empty program", argv: [await compileEmpty(work)] };
  while (late.length < runs) {
    const before = linesOf(file);
    while (linesOf(file).length === before.length) await pause(20);
    const state = JSON.parse(Deno.readTextFileSync(`${work}/home/daemons/job/state.json`));
    late.push(Number(linesOf(file).at(-1)) / 1e6 - state.countedFrom);
    // It has rested as long as imp has.
    await pause(EVERY_S * 500);
    empty.push(runOnce(program).wall / 1000);
  }
  const middle = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  console.log(
    `a job starts ${middle(late).toFixed(0)} ms after its time (least ${late[0].toFixed(0)}), ` +
      `an empty program takes ${middle(empty).toFixed(0)} ms; 30 ms and 1.5 of that: ` +
      `${(30 + 1.5 * middle(empty)).toFixed(0)} ms`,
  );
}

function linesOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

/** Guards and keepers of these jobs. */
function waitersNow(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      return pid > 0 &&
        Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(`${work}/home/daemons/`);
    } catch {
      return false;
    }
  });
}

function imp(...words: string[]): void {
  runOnce({ name: `imp ${words[0]}`, argv: [IMP, ...words] }, env);
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((all, pid) => all + of(pid), 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
