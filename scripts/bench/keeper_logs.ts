// The cost of a log size limit to the program that writes the log: 1,000,000 lines, each by its own write(2), rotated
// at 10 MB, next to the same program with `> file`. Every line must be there afterwards.
// Usage: scripts/bench/run keeper_logs [ROUNDS [LINES]]; needs python3.
import { machine, which } from "./measure.ts";
import { impBinary } from "./programs.ts";

const rounds = Number(Deno.args[0] ?? 5);
const lines = Number(Deno.args[1] ?? 1_000_000);
const MOST = "10M";

const WRITER = `import os, sys, time
begin = time.monotonic()
for i in range(${lines}): os.write(1, b"line %d of what a program writes to its log, some eighty bytes in all\\n" % i)
taken = time.monotonic() - begin
with open(sys.argv[1] + ".new", "w") as f: f.write(str(taken))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(1000)
`;

interface Way {
  readonly name: string;
  /** The directory of the log. */
  readonly at: string;
  /** Options of imp start; undefined: a shell's `> file`. */
  readonly options?: readonly string[];
}

const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const memory = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "imp-bench-" });
const rotated = ["--log-max", MOST, "--log-keep", "1000"];
const WAYS: readonly Way[] = [
  { name: "`> file`", at: work },
  { name: "imp start", at: work, options: [] },
  { name: "imp start --log-max 10M", at: work, options: rotated },
  { name: "`> file`, tmpfs", at: memory },
  { name: "imp start --log-max 10M, tmpfs (pipe)", at: memory, options: rotated },
  { name: "imp start --log-format time", at: work, options: [...rotated, "--log-format", "time"] },
];

if (!which("python3")) throw new Error("python3 is not installed");
try {
  Deno.writeTextFileSync(`${work}/writer.py`, WRITER);
  const times = WAYS.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of WAYS.entries()) times[i].push(await trial(way));
  }
  console.log(`${machine()}; ${lines} lines, medians of ${rounds} rounds in turn\n`);
  console.log(
    "| log | seconds | beside `> file` there | lines lost |\n| --- | ---: | ---: | ---: |",
  );
  for (const [i, { name, at }] of WAYS.entries()) {
    const plain = middle(times[WAYS.findIndex((one) => one.at === at && !one.options)]);
    const own = middle(times[i]);
    console.log(`| ${name} | ${own.toFixed(2)} | ${(own / plain).toFixed(2)} | 0 |`);
  }
} finally {
  for (const path of [work, memory]) Deno.removeSync(path, { recursive: true });
}

/** @returns how many seconds the program needed for its lines */
async function trial({ at, options }: Way): Promise<number> {
  const place = Deno.makeTempDirSync({ dir: at });
  const [log, taken] = [`${place}/web.log`, `${work}/taken`];
  const program = ["python3", `${work}/writer.py`, taken];
  const home = `${place}/home`;
  const imp = async (...args: string[]) => {
    const command = new Deno.Command(impBinary(), { args, env: { IMP_HOME: home } });
    const { code, stdout, stderr } = await command.output();
    if (code !== 0) throw new Error(`imp ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return stdout;
  };
  try {
    let plain: Deno.ChildProcess | undefined;
    if (options) await imp("start", "web", "--log", log, ...options, "--", ...program);
    else {
      const script = `exec "$@" > '${log}'`;
      plain = new Deno.Command("sh", { args: ["-c", script, "sh", ...program] }).spawn();
    }
    while (!isThere(taken)) await new Promise((resolve) => setTimeout(resolve, 20));
    if (options) await verify(imp);
    if (plain) {
      plain.kill("SIGKILL");
      await plain.status;
    } else await imp("stop", "web");
    return Number(Deno.readTextFileSync(taken));
  } finally {
    if (isThere(taken)) Deno.removeSync(taken);
    Deno.removeSync(place, { recursive: true });
  }
}

/** Checks that every line is there once, in order. @throws Error */
async function verify(imp: (...args: string[]) => Promise<Uint8Array>): Promise<void> {
  for (;;) {
    const last = new TextDecoder().decode(await imp("logs", "web", "-n", "1"));
    if (last.includes(`line ${lines - 1} `)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const text = new TextDecoder().decode(await imp("logs", "web"));
  let next = 0;
  for (const [, number] of text.matchAll(/line (\d+) of/g)) {
    if (Number(number) !== next++) throw new Error(`line ${next - 1} is missing or doubled`);
  }
  if (next !== lines) throw new Error(`${lines - next} lines are missing`);
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}
