// Pools of jobs: imp against xargs, GNU parallel, moreutils' parallel and a C loop that does nothing but start and wait.
// Usage: deno run -A scripts/bench/pool.ts [ROUNDS] [--million]
import { impBinary } from "./programs.ts";
import { type Contender, machine, median, timeInTurn, type Timing, which } from "./measure.ts";

const rounds = Number(Deno.args.find((word) => /^\d+$/.test(word)) ?? 5);
const imp = impBinary();
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const JOBS = 5000, LARGE_JOBS = 2000;

/**
 * Starts N times a program with an item, P at a time, and waits for each: what no pool can be faster than. (With an argument
 * true(1) sets its locale, which takes a fifth of its time; so the loop has to pass one too.)
 */
const C_LOOP = `
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
extern char **environ;
int main(int argc, char **argv) {
  int jobs = atoi(argv[1]), most = atoi(argv[2]), running = 0;
  char item[16], *words[] = {argv[3], item, 0};
  while (jobs > 0 || running > 0) {
    for (; jobs > 0 && running < most; jobs--, running++) {
      pid_t pid;
      sprintf(item, "%d", jobs);
      if (posix_spawn(&pid, argv[3], 0, 0, words, environ)) return 1;
    }
    if (wait(0) > 0) running--;
  }
  return 0;
}
`;

try {
  const loop = await compileLoop();
  console.log(`${machine()}; ${rounds} rounds in turn, medians\n`);
  throughput(loop);
  large();
  await ownTime(loop);
  await interruption();
  await heldDescriptors();
  await firstJob();
  if (Deno.args.includes("--million")) await million();
} finally {
  Deno.removeSync(work, { recursive: true });
}

function throughput(loop: string | undefined): void {
  Deno.writeTextFileSync(`${work}/items`, numbers(JOBS));
  const contenders = [
    sh("imp pool -j2", `${imp} pool -j2 -- /bin/true < ${work}/items`),
    ...(loop ? [{ name: "C posix_spawn loop", argv: [loop, String(JOBS), "2", "/bin/true"] }] : []),
    ...peer("xargs", "xargs -P2 -n1 -a", `xargs -P2 -n1 -a ${work}/items /bin/true`),
    ...gnuParallel(`-j2 -a ${work}/items /bin/true`),
    ...moreutils(`-j2 /bin/true -- $(cat ${work}/items)`),
  ];
  table(`${JOBS} × /bin/true, 2 at a time`, "jobs/s", JOBS, timeInTurn(contenders, rounds));
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

/** CPU time of the pool itself, without its jobs. */
async function ownTime(loop: string | undefined): Promise<void> {
  console.log(`\n| own CPU time for ${JOBS} × /bin/true | µs per job |\n| --- | ---: |`);
  const commands: [string, string[]][] = [
    ["imp pool -j2", [imp, "pool", "-j2", "--", "/bin/true"]],
    ...(loop
      ? [["C posix_spawn loop", [loop, String(JOBS), "2", "/bin/true"]] as [string, string[]]]
      : []),
    ["xargs -P2 -n1", ["xargs", "-P2", "-n1", "/bin/true"]],
  ];
  for (const [name, argv] of commands) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await cpuOf(argv));
    times.sort((a, b) => a - b);
    console.log(`| ${name} | ${(times[Math.floor(rounds / 2)] / JOBS).toFixed(0)} |`);
  }
}

/** @returns microseconds, as the kernel told them at most 20 ms before the end */
async function cpuOf(argv: string[]): Promise<number> {
  const script = `"$@" < ${work}/items & pid=$!
    while read -r now < /proc/$pid/stat; do line=$now; sleep 0.02; done 2>/dev/null; echo "$line"`;
  const { stdout } = await output(["bash", "-c", script, "bash", ...argv]);
  const fields = stdout.slice(stdout.lastIndexOf(")") + 2).split(" ");
  const TICK_US = 10_000;
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

async function interruption(): Promise<void> {
  const tree = "sh -c 'sleep 100 & sleep 100' & touch up.$1; wait";
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const items = Array.from({ length: 8 }, (_, i) => String(i));
    const child = new Deno.Command(imp, {
      args: ["pool", "-j8", "--shell", tree, ":::", ...items],
      cwd: work,
      stdin: "null",
    }).spawn();
    await until(() => items.every((item) => exists(`${work}/up.${item}`)));
    await sleep(100);
    const begin = performance.now();
    child.kill("SIGINT");
    await child.status;
    times.push(performance.now() - begin);
    items.forEach((item) => Deno.removeSync(`${work}/up.${item}`));
  }
  times.sort((a, b) => a - b);
  console.log("\n| Ctrl-C with 8 trees of 3 processes | ms until imp has ended |\n| --- | ---: |");
  console.log(`| imp pool | ${times[Math.floor(rounds / 2)].toFixed(0)} |`);
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

/** From the moment the line is in the pipe, imp being up: to the first instruction of the job. */
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
    const begin = Date.now() * 1e6 + (performance.now() % 1) * 1e6;
    await writer.write(new TextEncoder().encode("-u\n"));
    await writer.close();
    const { stdout } = await child.output();
    times.push((Number(new TextDecoder().decode(stdout)) - begin) / 1e6);
  }
  times.sort((a, b) => a - b);
  console.log("\n| first line to first job (start of date(1) included) | ms |\n| --- | ---: |");
  console.log(`| imp pool | ${times[Math.floor(times.length / 2)].toFixed(1)} |`);
}

async function million(): Promise<void> {
  const source = `${work}/nothing.c`;
  Deno.writeTextFileSync(source, "int main(void) { return 0; }\n");
  await output(["cc", "-O2", "-static", "-o", `${work}/nothing`, source]);
  const script = `seq 1000000 | ${imp} pool -j2 -k --halt soon,fail=50% -- ${work}/nothing & pid=$!
    while [ -r /proc/$pid/status ]; do now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status); most=\${now:-$most}; sleep 1; done
    echo $((most / 1024))`;
  const begin = performance.now();
  const { stdout } = await output(["bash", "-c", script]);
  const seconds = (performance.now() - begin) / 1000;
  console.log("\n| 1,000,000 items, -k --halt soon,fail=50% | MB at most | µs per job |");
  console.log("| --- | ---: | ---: |");
  console.log(`| imp pool | ${stdout.trim()} | ${seconds.toFixed(0)} |`);
}

function table(what: string, unit: string, amount: number, timings: readonly Timing[]): void {
  const own = median(timings[0]);
  console.log(`\n| ${what} | s | ${unit} | imp's speed is × its |`);
  console.log("| --- | ---: | ---: | ---: |");
  for (const timing of timings) {
    const seconds = median(timing) / 1e6;
    const ratio = (median(timing) / own).toFixed(2);
    console.log(
      `| ${timing.name} | ${seconds.toFixed(2)} | ${(amount / seconds).toFixed(0)} | ${ratio} |`,
    );
  }
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

async function compileLoop(): Promise<string | undefined> {
  if (!which("cc")) return undefined;
  Deno.writeTextFileSync(`${work}/loop.c`, C_LOOP);
  await output(["cc", "-O2", "-o", `${work}/loop`, `${work}/loop.c`]);
  return `${work}/loop`;
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
