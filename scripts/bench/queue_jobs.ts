// Jobs through a queue, next to the local pool on the same cores: jobs/s of /bin/true, and the delay from an item to
// its output. Needs nats-server. With --bullmq=DIR, a directory in which bullmq and ioredis are installed (npm install
// bullmq ioredis), BullMQ is measured in the same run; that needs redis-server. A contender that takes longer than
// MOST_SECONDS has failed.
// Usage: scripts/bench/run queue_jobs [ROUNDS] [--jobs=N] [--bullmq=DIR]
import { freePort } from "../../tests/free_port.ts";
import { type Contender, machine, median, timeInTurn, which } from "./measure.ts";
import { impBinary } from "./programs.ts";
import { printRows } from "./rows.ts";

const rounds = Number(Deno.args.find((word) => /^\d+$/.test(word)) ?? 3);
const JOBS = Number(valueOf("jobs") ?? 5000);
const ITEMS = 100;
const AT_ONCE = 2;
const MOST_SECONDS = 300;
const imp = impBinary();
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const background: Deno.ChildProcess[] = [];

try {
  console.log(`${machine()}; ${rounds} rounds in turn, medians`);
  await measure();
} finally {
  for (const child of background.toReversed()) {
    child.kill("SIGTERM");
    await child.status;
  }
  Deno.removeSync(work, { recursive: true });
}

async function measure(): Promise<void> {
  const server = which("nats-server");
  if (!server) return console.log("\nNot installed: nats-server.");
  const port = freePort();
  Deno.writeTextFileSync(
    `${work}/nats.conf`,
    `listen: 127.0.0.1:${port}\njetstream { store_dir: "${work}/store" }\n`,
  );
  start([server, "-c", `${work}/nats.conf`, "-l", `${work}/nats.log`]);
  await listens(port);
  const url = `nats://127.0.0.1:${port}`;
  start([imp, "worker", "--on", url, "--allow-any", `-j${AT_ONCE}`]);
  Deno.writeTextFileSync(`${work}/items`, numbers(JOBS));
  // Warm-up: the worker has its child, and the streams exist.
  new Deno.Command(imp, { args: ["pool", "-q", "--on", url, "true", ":::", "1"] }).outputSync();
  const pool = (name: string, options: string) =>
    sh(name, `${imp} pool ${options} -- /bin/true < ${work}/items`);
  const bullmq = await bullContender();
  const timings = timeInTurn(
    [
      pool(`imp pool -j${AT_ONCE}`, `-j${AT_ONCE}`),
      pool("imp pool --on, one worker", `-q --on ${url}`),
      ...bullmq ? [bullmq] : [],
    ].map(limited),
    rounds,
  );
  const what = `${JOBS} × /bin/true, ${AT_ONCE} at a time`;
  printRows({ what, timings, amount: JOBS, unit: "jobs/s" });
  const part = median(timings[0]) / median(timings[1]);
  console.log(`\nBy the queue: ${part.toFixed(2)} times the local pool's jobs/s.`);
  const [usual, late] = await delays(url);
  console.log(
    `From an item to its output: ${usual.toFixed(1)} ms, 95 of 100 within ${late.toFixed(1)} ms.`,
  );
}

/** Ends a contender that takes too long, which then has failed with status 124. */
function limited({ name, argv }: Contender): Contender {
  const timeout = which("timeout");
  if (!timeout) return { name, argv };
  return { name, argv: [timeout, "-k5", String(MOST_SECONDS), ...argv] };
}

/** Milliseconds from an item to the output of its job, by a waiting worker: the median, and the 95th of 100. */
async function delays(url: string): Promise<[number, number]> {
  const child = new Deno.Command(imp, {
    args: ["pool", "-q", "--on", url, "echo"],
    ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const writer = child.stdin.getWriter(), reader = child.stdout.getReader();
  const times: number[] = [];
  for (let i = 0; i < ITEMS; i++) {
    const began = performance.now();
    await writer.write(new TextEncoder().encode(`${i}\n`));
    await reader.read();
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await writer.close();
  await reader.cancel();
  await child.status;
  times.sort((a, b) => a - b);
  return [times[ITEMS / 2], times[Math.floor(0.95 * ITEMS)]];
}

/** A producer and a worker of BullMQ in one process, which starts as many programs at a time. */
async function bullContender(): Promise<Contender | undefined> {
  const directory = valueOf("bullmq"), redis = which("redis-server"), bun = Deno.env.get("BUN");
  if (directory === undefined) return undefined;
  const missing = [
    ...redis ? [] : ["redis-server"],
    ...bun ? [] : ["Bun (BUN names it)"],
    ...["bullmq", "ioredis"].filter((name) => !isInstalled(`${directory}/node_modules/${name}`)),
  ];
  if (missing.length > 0 || !redis || !bun) {
    console.log(`\nBullMQ is not measured: not installed: ${missing.join(", ")}.`);
    return undefined;
  }
  const port = freePort();
  start([redis, "--port", String(port), "--dir", work, "--appendonly", "yes"]);
  await listens(port);
  const script = `${directory}/imp-bench.mjs`;
  Deno.writeTextFileSync(script, bullScript());
  return { name: "BullMQ", argv: [bun, script, String(port), String(JOBS), String(AT_ONCE)] };
}

/** BullMQ reports errors as events, and keeps waiting. */
function bullScript(): string {
  return `
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
const [port, count, atOnce] = process.argv.slice(2).map(Number);
const connection = new Redis({ host: "127.0.0.1", port, maxRetriesPerRequest: null });
const name = "bench" + Date.now();
const queue = new Queue(name, { connection });
const fail = (error) => {
  console.error(error);
  process.exit(1);
};
queue.on("error", fail);
let done = 0;
const worker = new Worker(name, async () => {
  await Bun.spawn(["/bin/true"], { stdin: "ignore", stdout: "pipe" }).exited;
}, { connection, concurrency: atOnce });
worker.on("error", fail);
worker.on("failed", (_, error) => fail(error));
const all = new Promise((resolve) => worker.on("completed", () => ++done === count && resolve()));
for (let i = 0; i < count; i += 250) {
  const some = Math.min(250, count - i);
  await queue.addBulk(Array.from({ length: some }, (_, k) => ({ name: "job", data: { item: i + k } })));
}
await all;
process.exit(0);
`;
}

function isInstalled(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function start([program, ...args]: string[]): void {
  const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
  background.push(new Deno.Command(program, options).spawn());
}

async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}

function sh(name: string, script: string): Contender {
  return { name, argv: ["/bin/sh", "-c", script] };
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");
}

function valueOf(name: string): string | undefined {
  return Deno.args.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
}
