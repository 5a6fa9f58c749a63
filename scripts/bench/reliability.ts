// Checks that every single start succeeds: many daemons in a row by each route, racing starts on one pidfile, pidfiles
// read the moment imp returns.
// Usage: deno run -A scripts/bench/reliability.ts [--quick]
import { deadOrGone, impBinary, run } from "./programs.ts";
import { parseStat } from "../../src/procfs/stat.ts";
import { machine } from "./measure.ts";

const quick = Deno.args.includes("--quick");
const scale = quick ? 50 : 1;
const imp = [impBinary()];
const source = [
  Deno.execPath(),
  "run",
  "-A",
  "--quiet",
  new URL("../../main.ts", import.meta.url).pathname,
];
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });

console.log(`${machine()}\n`);
console.log("| what | tried | good | s |");
console.log("| --- | ---: | ---: | ---: |");
try {
  for (const route of ["spawn", "fork"]) {
    await row(
      `daemons in a row, --route ${route}`,
      10_000 / scale,
      () => trueDaemons(imp, route, 10_000 / scale),
    );
  }
  for (const route of ["spawn", "fork"]) {
    await row(
      `the same from source under Deno, --route ${route}`,
      1_000 / scale,
      () => trueDaemons(source, route, 1_000 / scale),
    );
  }
  await row("rounds of 50 racing starts with one winner", 100 / scale, () => races(100 / scale));
  await row("pidfiles complete at return", 1_000 / scale, () => completePidfiles(1_000 / scale));
} finally {
  Deno.removeSync(work, { recursive: true });
}

async function row(what: string, tried: number, count: () => Promise<number>): Promise<void> {
  const begin = performance.now();
  const good = await count();
  console.log(
    `| ${what} | ${tried} | ${good} | ${((performance.now() - begin) / 1000).toFixed(1)} |`,
  );
  if (good !== tried) Deno.exitCode = 1;
}

/** Each daemon records its state in the kernel: its own session, which it does not lead, and no terminal. */
async function trueDaemons(command: string[], route: string, count: number): Promise<number> {
  const log = `${work}/${route}`;
  Deno.writeTextFileSync(log, "");
  const started = new Set<number>();
  for (let i = 0; i < count; i++) {
    const { code, stdout } = await run([
      ...command,
      "daemon",
      "--route",
      route,
      "-o",
      log,
      "--",
      "/bin/cat",
      "/proc/self/stat",
    ]);
    if (code === 0) started.add(Number(stdout));
  }
  await until(() => lines(log).length >= count, 10_000);
  const good = lines(log).map((line) => parseStat(line)).filter((stat) =>
    stat && started.delete(stat.pid) && stat.sid !== stat.pid && stat.pgid === stat.sid &&
    stat.ttyNumber === 0
  );
  Deno.removeSync(log);
  return good.length;
}

async function races(rounds: number): Promise<number> {
  let good = 0;
  for (let round = 0; round < rounds; round++) {
    const file = `${work}/race`;
    const start = () => run([...imp, "daemon", "-p", file, "--", "/bin/sleep", "60"]);
    const results = await Promise.all(Array.from({ length: 50 }, start));
    const winners = results.filter(({ code }) => code === 0);
    const losers = results.filter(({ code }) => code === 1);
    const pid = Number(winners[0]?.stdout);
    if (
      winners.length === 1 && losers.length === 49 && Deno.readTextFileSync(file) === `${pid}\n`
    ) good++;
    for (const { stdout } of winners) Deno.kill(Number(stdout), "SIGKILL");
    await until(() => winners.every(({ stdout }) => deadOrGone(Number(stdout))), 10_000);
  }
  return good;
}

async function completePidfiles(count: number): Promise<number> {
  let good = 0;
  for (let i = 0; i < count; i++) {
    const file = `${work}/pid${i}`;
    const { stdout } = await run([...imp, "daemon", "-p", file, "--", "/bin/true"]);
    if (stdout !== "" && Deno.readTextFileSync(file) === stdout) good++;
  }
  return good;
}

function lines(file: string): string[] {
  return Deno.readTextFileSync(file).split("\n").filter((line) => line !== "");
}

async function until(condition: () => boolean, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
