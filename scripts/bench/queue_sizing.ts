// The cost of a queue by workers, servers, replicas and output: jobs/s, and CPU time of each part per job, which is
// more meaningful on a shared machine. All in one run; needs nats-server.
// Usage: scripts/bench/run queue_sizing [--jobs=N]
import { machine, which } from "./measure.ts";
import { impBinary } from "./programs.ts";
import { cpuOfTree, cpuOfWaited } from "./queue_processes.ts";
import { ProofQueue } from "./queue_proof_place.ts";

interface Case {
  readonly servers: number;
  readonly replicas: number;
  /** Workers, and jobs that each runs at a time. */
  readonly workers: number;
  readonly slots: number;
  /** Bytes of output per job. */
  readonly output: number;
  readonly jobs: number;
}

const JOBS = Number(
  Deno.args.find((word) => word.startsWith("--jobs="))?.slice("--jobs=".length) ?? 2000,
);
const USUAL: Case = { servers: 1, replicas: 1, workers: 1, slots: 2, output: 0, jobs: JOBS };
const CASES: readonly Case[] = [
  USUAL,
  { ...USUAL, workers: 2, slots: 1 },
  { ...USUAL, workers: 8, slots: 1 },
  { ...USUAL, servers: 3 },
  { ...USUAL, servers: 3, replicas: 3 },
  { ...USUAL, servers: 3, replicas: 3, workers: 3, slots: 1 },
  { ...USUAL, output: 1000 },
  { ...USUAL, output: 100_000, jobs: JOBS / 2 },
  { ...USUAL, output: 1_000_000, jobs: JOBS / 10 },
  { ...USUAL, servers: 3, replicas: 3, output: 100_000, jobs: JOBS / 4 },
];

console.log(`${machine()}; ${JOBS} jobs, fewer where they are large`);
if (!which("nats-server")) throw new Error("not installed: nats-server");
const local = await localPool();
console.log(`\nimp pool -j2, /bin/true: ${Math.round(local)} jobs/s\n`);
console.log(
  "| servers | replicas | workers | output | jobs/s | of the local pool's | MB/s | CPU ms for a job: pool | workers and jobs | servers |",
);
console.log(`| ${Array(10).fill("---:").join(" | ")} |`);
for (const one of CASES) console.log(await measured(one));

async function measured(one: Case): Promise<string> {
  const { servers, replicas, workers, slots, output, jobs } = one;
  await using place = new ProofQueue(servers);
  await place.begin("--replicas", String(replicas));
  for (let i = 0; i < workers; i++) place.addWorker(`-j${slots}`);
  if (servers === 1) await place.untilWorkers(workers);
  // The item is an option that a later one overrides.
  const command = output === 0
    ? ["/bin/true"]
    : ["head", "-n", "{}", "-c", String(output), "/dev/zero"];
  await place.silent(["-a", place.items(20 * workers), "--", ...command]);
  const before = costs(place);
  const seconds = await place.silent(["-a", place.items(jobs), "--", ...command]);
  const after = costs(place);
  const each = (name: keyof typeof before) => ((after[name] - before[name]) / jobs).toFixed(2);
  const rate = jobs / seconds;
  return `| ${
    [
      ...[servers, replicas, slots === 1 ? workers : `${workers} with -j${slots}`, output],
      ...[
        Math.round(rate),
        (rate / local).toFixed(2),
        output ? (rate * output / 1e6).toFixed(1) : "",
      ],
      ...[each("pool"), each("workers"), each("servers")],
    ].join(" | ")
  } |`;
}

/** CPU time until now, milliseconds. */
function costs(place: ProofQueue) {
  return {
    pool: cpuOfWaited(),
    workers: place.workers.reduce((sum, { pid }) => sum + cpuOfTree(pid), 0),
    servers: place.servers.reduce((sum, { pid }) => sum + cpuOfTree(pid), 0),
  };
}

/** Jobs per second. */
async function localPool(): Promise<number> {
  const items = Array.from({ length: JOBS }, (_, i) => String(i));
  const args = ["pool", "-j2", "/bin/true", ":::", ...items];
  const began = performance.now();
  await new Deno.Command(impBinary(), { args, stdout: "null", stderr: "inherit" }).output();
  return 1000 * JOBS / (performance.now() - began);
}
