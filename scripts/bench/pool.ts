// Pools of jobs: imp against xargs, GNU parallel, moreutils' parallel and a C loop that only starts and waits.
// Usage: deno run -A scripts/bench/pool.ts [ROUNDS] [--jobs=N] [TABLE...]; without TABLE all tables except million
import { C_LOOP, OWN_TIME } from "./pool_c.ts";
import { compileEmpty, impBinary } from "./programs.ts";
import { type Contender, machine, median, timeInTurn, type Timing, which } from "./measure.ts";
import { printRows } from "./rows.ts";

const rounds = Number(Deno.args.find((word) => /^\d+$/.test(word)) ?? 5);
const imp = impBinary();
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const JOBS = Number(Deno.args.find((word) => word.startsWith("--jobs="))?.slice(7) ?? 5000);
const LARGE_JOBS = JOBS * 2 / 5;

try {
  const loop = await compile("loop", C_LOOP);
  console.log(`${machine()}; ${rounds} rounds in turn, medians`);
  const tables = { throughput, large, ownTime, interruption, heldDescriptors, firstJob, million };
  const named = Object.entries(tables).filter(([name]) => Deno.args.includes(name));
  const usual = Object.entries(tables).filter(([name]) => name !== "million");
  for (const [, measure] of named.length > 0 ? named : usual) await measure(loop);
} finally {
  Deno.removeSync(work, { recursive: true });
}

/** The fair measure of a pool is a minimal program: most of other programs' start-up is the dynamic linker's work. */
async function throughput(loop: string | undefined): Promise<void> {
  Deno.writeTextFileSync(`${work}/items`, numbers(JOBS));
  const least = await compile("least", "int main(void) { return 0; }", "-static");
  if (least && exists(least)) measureThroughput(loop, least, "a static program that does nothing");
  measureThroughput(loop, "/bin/true", "/bin/true");
}

/** All pass the program one argument, the item: with an argument, true(1) sets its locale, a fifth of its time. */
function measureThroughput(loop: string | undefined, program: string, name: string): void {
  const contenders = [
    sh("imp pool -j2 (grouped)", `${imp} pool -j2 -- ${program} < ${work}/items`),
    ...(loop ? [{ name: "C posix_spawn loop", argv: [loop, String(JOBS), "2", program] }] : []),
    ...peer("xargs", "xargs -P2 -n1 -a", `xargs -P2 -n1 -a ${work}/items ${program}`),
    ...gnuParallel(`-j2 -a ${work}/items ${program}`),
    ...moreutils(`-j2 ${program} -- $(cat ${work}/items)`),
  ];
  table(`${JOBS} × ${name}, 2 at a time`, "jobs/s", JOBS, timeInTurn(contenders, rounds));
}

function large(): void {
  Deno.writeFileSync(`${work}/block`, new Uint8Array(102_400));
  Deno.writeTextFileSync(`${work}/large`, `${work}/block\n`.repeat(LARGE_JOBS));
  table(
    `${LARGE_JOBS} jobs of 100 KiB of output, 2 at a time`,
    "jobs/s",
    LARGE_JOBS,
    timeInTurn([
      sh("imp pool (grouped)", `${imp} pool -j2 -- cat < ${work}/large | cat >/dev/null`),
      ...peer(
        "xargs",
        "xargs (interleaves)",
        `xargs -P2 -n1 -a ${work}/large cat | cat >/dev/null`,
      ),
      ...gnuParallel(`-j2 -a ${work}/large cat | cat >/dev/null`),
    ], rounds),
  );
}

/** CPU time of the pool itself, with all its threads and its start, without its jobs. */
async function ownTime(loop: string | undefined): Promise<void> {
  const meter = await compile("own", OWN_TIME);
  if (!meter) return;
  console.log(`\n| own CPU time for ${JOBS} × /bin/true | µs per job |\n| --- | ---: |`);
  const commands: [string, string[]][] = [
    ["imp pool -j2", [imp, "pool", "-j2", "--", "/bin/true"]],
    ...(loop
      ? [["C posix_spawn loop", [loop, String(JOBS), "2", "/bin/true"]] as [string, string[]]]
      : []),
    ["xargs -P2 -n1", ["xargs", "-P2", "-n1", "/bin/true"]],
    ...(gnuParallel("").length > 0
      ? [["GNU parallel", ["parallel", "-j2", "/bin/true"]] as [string, string[]]]
      : []),
  ];
  const times = commands.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, [, argv]] of commands.entries()) times[i].push(await cpuOf(meter, argv));
  }
  commands.forEach(([name], i) =>
    console.log(`| ${name} | ${(middle(times[i]) / JOBS).toFixed(0)} |`)
  );
}

/** @returns microseconds, in the kernel's steps of 10 ms */
async function cpuOf(meter: string, argv: string[]): Promise<number> {
  const script = `out=$1; shift; "$@" < ${work}/items 2>/dev/null >/dev/null 3>"$out"`;
  await output(["bash", "-c", script, "bash", `${work}/ticks`, meter, ...argv]);
  const TICK_US = 10_000;
  return Number(Deno.readTextFileSync(`${work}/ticks`)) * TICK_US;
}

/** From the signal until the pool has ended; then it checks whether any process is left. */
async function interruption(): Promise<void> {
  console.log("\n| Ctrl-C with 8 trees of 3 processes | ms until it has ended | left then |");
  console.log("| --- | ---: | ---: |");
  const tree = "sh -c 'sleep 314.15 & sleep 314.15' & touch up.$1; wait";
  const items = Array.from({ length: 8 }, (_, i) => String(i));
  await interrupt("imp pool", [imp, "pool", "-j8", "--shell", tree, ":::", ...items]);
  if (gnuParallel("").length === 0) return;
  const script = tree.replace("$1", "{}");
  await interrupt("GNU parallel", ["parallel", "-j8", script, ":::", ...items]);
}

async function interrupt(name: string, argv: string[]): Promise<void> {
  const times: number[] = [];
  let left = 0;
  for (let round = 0; round < rounds; round++) {
    const options = { args: argv.slice(1), cwd: work, stdin: "null", stderr: "null" } as const;
    const child = new Deno.Command(argv[0], options).spawn();
    const up = Array.from({ length: 8 }, (_, i) => `${work}/up.${i}`);
    await until(() => up.every(exists));
    await sleep(100);
    const begin = performance.now();
    child.kill("SIGINT");
    await child.status;
    times.push(performance.now() - begin);
    const { stdout } = await output([
      "sh",
      "-c",
      "pids=$(pgrep -f 'sleep 314[.]15'); set -- $pids; echo $#; [ $# = 0 ] || kill $pids",
    ]);
    left += Number(stdout.trim());
    up.forEach((path) => Deno.removeSync(path));
  }
  console.log(`| ${name} | ${middle(times).toFixed(0)} | ${left / rounds} |`);
}

async function heldDescriptors(): Promise<void> {
  const script = `(echo slow; seq 10000) | ${imp} pool -k -j3 --shell \
'[ "$1" != slow ] || until [ -e go ]; do sleep 0.05; done; echo "$1"' > out & pid=$!
    until [ "$(ls /proc/$pid/fd | wc -l)" -gt 5 ] && [ "$(pgrep -P $pid | wc -l)" -le 2 ]; do sleep 0.2; done
    ls /proc/$pid/fd | wc -l; touch go; wait $pid`;
  const { stdout } = await output(["bash", "-c", script]);
  console.log("\n| -k, 10,000 jobs wait for the first | open descriptors |\n| --- | ---: |");
  console.log(`| imp pool | ${stdout.trim()} |`);
}

/** From the moment the line is in the pipe, with imp already running, to the first instruction of the job. */
async function firstJob(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds * 4; round++) {
    const child = new Deno.Command(imp, {
      args: ["pool", "--", "date", "+%s%N"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await sleep(100);
    const writer = child.stdin.getWriter();
    const begin = (performance.timeOrigin + performance.now()) * 1e6;
    await writer.write(new TextEncoder().encode("-u\n"));
    await writer.close();
    const { stdout } = await child.output();
    times.push((Number(new TextDecoder().decode(stdout)) - begin) / 1e6);
  }
  const empty = await compileEmpty(work);
  const start = median(timeInTurn([{ name: "empty", argv: [empty] }], rounds * 4)[0]) / 1000;
  console.log("\n| first job | ms |\n| --- | ---: |");
  console.log(
    `| from the first line to the job, the start of date(1) included | ${
      middle(times).toFixed(1)
    } |`,
  );
  console.log(
    `| for comparison: start-up of an empty program of the same runtime | ${start.toFixed(1)} |`,
  );
}

/** On its own terminal, so that --progress shows. Memory is that of imp and its guard together. */
async function million(): Promise<void> {
  const nothing = await compile("nothing", "int main(void) { return 0; }\n", "-static");
  if (!nothing) return;
  console.log(
    "\n| -j2 -k --progress --halt soon,fail=50%, a job that does nothing | MB at most | µs per job |",
  );
  console.log("| --- | ---: | ---: |");
  for (const items of [JOBS, 1_000_000]) {
    const command =
      `seq ${items} | ${imp} pool -j2 -k --progress --halt soon,fail=50% -- ${nothing}`;
    const script = `script -qefc '${command}' /dev/null >/dev/null & top=$!
      while kill -0 $top 2>/dev/null; do
        sum=0; for pid in $(pgrep -o -f '^${imp} pool -j2 -k --progr') $(pgrep -f 'imp-pool-guard ${imp}'); do
          now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null); sum=$((sum + \${now:-0})); done
        [ $sum -gt \${most:-0} ] && most=$sum; sleep 0.5; done; echo $((most / 1024))`;
    const begin = performance.now();
    const { stdout } = await output(["bash", "-c", script]);
    const each = (performance.now() - begin) * 1000 / items;
    console.log(`| ${items} items | ${stdout.trim()} | ${each.toFixed(0)} |`);
  }
}

function table(what: string, unit: string, amount: number, timings: readonly Timing[]): void {
  printRows({ what, timings, amount, unit });
}

function sh(name: string, script: string): Contender {
  return { name, argv: ["/bin/bash", "-c", script] };
}

function peer(program: string, name: string, script: string): Contender[] {
  return which(program) ? [sh(name, script)] : [];
}

function gnuParallel(rest: string): Contender[] {
  const file = which("parallel");
  const gnu = file && Deno.readTextFileSync(file).startsWith("#!");
  return gnu ? [sh("GNU parallel", `parallel ${rest}`)] : [];
}

function moreutils(rest: string): Contender[] {
  const file = which("parallel.moreutils");
  return file ? [sh("moreutils parallel", `${file} ${rest}`)] : [];
}

/** @returns the path of the program; undefined if there is no C compiler */
async function compile(
  name: string,
  text: string,
  ...options: string[]
): Promise<string | undefined> {
  if (!which("cc")) return undefined;
  Deno.writeTextFileSync(`${work}/${name}.c`, text);
  await output(["cc", "-O2", ...options, "-o", `${work}/${name}`, `${work}/${name}.c`]);
  return `${work}/${name}`;
}

function middle(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

async function output(argv: string[]): Promise<{ stdout: string }> {
  const { stdout } = await new Deno.Command(argv[0], {
    args: argv.slice(1),
    cwd: work,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return { stdout: new TextDecoder().decode(stdout) };
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
