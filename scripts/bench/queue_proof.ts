// Long-running proofs of what queues promise: many jobs while something is killed or stopped every few seconds, many
// workers, servers that come and go, an endless input, a full disk. Each exits with 0 and prints its numbers, or
// reports what was not as promised.
// Usage: scripts/bench/run queue_proof chaos|many|storm|endless|disk [--jobs=N] [--workers=N] [--seconds=N] [--seed=N]
import { randomNumbers } from "../../tests/e2e/random.ts";
import { machine } from "./measure.ts";
import { NumbersSeen } from "./queue_proof_output.ts";
import { rssOf } from "./queue_processes.ts";
import { ProofQueue } from "./queue_proof_place.ts";

const [kind = ""] = Deno.args;
const seed = numberOf("seed", Math.floor(Math.random() * 2 ** 31));
const chance = randomNumbers(seed);
const RSS_EVERY_MS = 500;
/** Writes 400 kB. */
const LARGE_JOB = "head -c 400000 /dev/zero | tr '\\0' x >&2; echo $1";
const DISK = "24M";
/** The longest that the proof of a full disk waits for anything. */
const PATIENCE_S = 60;

const PROOFS: Readonly<Record<string, () => Promise<void>>> = { chaos, many, storm, endless, disk };
const proof = PROOFS[kind];
if (!proof) throw new Error(`one of ${Object.keys(PROOFS).join(", ")}`);
console.log(`${machine()}; ${kind}, seed ${seed}`);
await proof();

/**
 * Every few seconds kill -9 of a worker, a server, the leader or the pool, or SIGSTOP of a worker, on a cluster of
 * three.
 */
async function chaos(): Promise<void> {
  const jobs = numberOf("jobs", 100_000), workers = numberOf("workers", 3);
  await using place = new ProofQueue(numberOf("servers", 3));
  await place.begin();
  for (let i = 0; i < workers; i++) {
    place.addWorker("-j2", "--ack-wait", "3s", "--deliveries", "1000");
  }
  const seen = new NumbersSeen(jobs);
  const counts: Record<string, number> = {};
  const count = (what: string) => counts[what] = (counts[what] ?? 0) + 1;
  let over = false;
  const printed = place.poolByDetach(seen, place.items(jobs), "echo").finally(() => over = true);
  while (!over) {
    await Promise.race([pause(1000 + 4000 * chance()), printed]);
    if (over) break;
    const what = chance();
    if (what < 0.3) {
      count("kill -9 of a worker");
      place.killWorker(Math.floor(chance() * workers));
    } else if (what < 0.5) {
      count("SIGSTOP of a worker for up to 6 s");
      await place.stopWorker(Math.floor(chance() * workers), 6000 * chance());
    } else if (what < 0.7) {
      count("kill -9 of the pool");
      place.killPool();
    } else if (what < 0.85) {
      count("kill -9 of a server");
      await place.killServer(Math.floor(chance() * place.servers.length), 2000 * chance());
    } else {
      count("kill -9 of the server that leads the jobs");
      await place.killServer(await place.leader(), 2000 * chance());
    }
  }
  const seconds = await printed;
  for (const [what, times] of Object.entries(counts)) console.log(`  ${times} × ${what}`);
  await tellRun(place, seen, jobs, seconds);
}

/** Many workers of one server. */
async function many(): Promise<void> {
  const jobs = numberOf("jobs", 20_000), workers = numberOf("workers", 100);
  await using place = new ProofQueue(1);
  await place.begin();
  for (let i = 0; i < workers; i++) place.addWorker("-j1");
  await place.untilWorkers(workers);
  const seen = new NumbersSeen(jobs);
  const seconds = await place.pool(seen, ["-a", place.items(jobs), "--", "echo"]);
  await tellRun(place, seen, jobs, seconds);
  console.log(`  ${await place.workersWithEnds()} of ${workers} workers have run some`);
  console.log(`  server: ${mib(rssOf(place.servers[0].pid))} MiB resident`);
}

/** A server that is killed and restarted every second. */
async function storm(): Promise<void> {
  const jobs = numberOf("jobs", 5000), workers = numberOf("workers", 50);
  await using place = new ProofQueue(1);
  await place.begin();
  for (let i = 0; i < workers; i++) {
    place.addWorker("-j1", "--ack-wait", "5s", "--deliveries", "1000");
  }
  await place.untilWorkers(workers);
  const seen = new NumbersSeen(jobs);
  let over = false, kills = 0;
  const until = performance.now() + 1000 * numberOf("seconds", 30);
  const printed = place.pool(seen, ["-a", place.items(jobs), "--", "echo"]).finally(() =>
    over = true
  );
  while (!over && performance.now() < until) {
    await Promise.race([pause(1000), printed]);
    if (over) break;
    await place.killServer(0, 0);
    kills++;
  }
  const seconds = await printed;
  console.log(`  ${kills} × kill -9 of the server, a second apart`);
  await tellRun(place, seen, jobs, seconds);
}

/** More input arrives than can be processed: what does not fit into the queue is not read. */
async function endless(): Promise<void> {
  await using place = new ProofQueue(1, { maxStore: "64MB" });
  await place.begin();
  const seconds = numberOf("seconds", 60);
  const pool = place.endlessPool();
  let most = 0, first = 0;
  for (const until = performance.now() + 1000 * seconds; performance.now() < until;) {
    await pause(RSS_EVERY_MS);
    const rss = pool.pids().reduce((sum, pid) => sum + rssOf(pid), 0);
    most = Math.max(most, rss);
    if (performance.now() > until - 900 * seconds) first = Math.max(first, rss / 1.0);
    if (performance.now() > until - 500 * seconds && pool.worked === 0) {
      place.addWorker("-j2");
      pool.worked = 1;
    }
  }
  const told = pool.told();
  await pool.end();
  console.log(
    `  most memory of the pool and its bridge: ${mib(most)} MiB, ${pool.read()} bytes read`,
  );
  console.log(`  told: ${told.trim() || "nothing"}`);
  if (most > 400 * 2 ** 20) throw new Error("the pool has grown");
}

/**
 * The server's store is full: by its limit, then because the disk is. Nothing is lost, and work continues when there is
 * room.
 */
async function disk(): Promise<void> {
  await fullStore();
  await fullDisk();
}

/** Servers take three quarters of a disk; removing a run makes room. */
async function fullStore(): Promise<void> {
  const jobs = numberOf("jobs", 30);
  await using place = new ProofQueue(1, { diskSize: DISK });
  await place.begin();
  place.addWorker("-j2");
  const first = place.detached(["sh", "-c", "head -c 1000000 /dev/urandom | base64", "x"], 10);
  await place.untilDone(first, 10);
  const seen = new NumbersSeen(jobs);
  const printed = place.pool(seen, ["-a", place.items(jobs), "--", "sh", "-c", LARGE_JOB, "x"]);
  const full = /the servers store nothing more .*; waiting for room/;
  await within(PATIENCE_S, "full", untilTold(place, full), printed);
  console.log(`  full, and told so: ${seen.size} of ${jobs} printed`);
  await place.removeRun(first);
  await tellRun(place, seen, jobs, await within(PATIENCE_S, "printed", printed));
}

/** Something else fills the disk: the server hangs, this is reported, and it is restarted once there is room. */
async function fullDisk(): Promise<void> {
  const jobs = numberOf("jobs", 30);
  await using place = new ProofQueue(1, { diskSize: DISK, maxStore: "1GB" });
  await place.begin();
  place.addWorker("-j2");
  place.fillDisk(18 << 20);
  const seen = new NumbersSeen(jobs);
  const printed = place.pool(seen, ["-a", place.items(jobs), "--", "sh", "-c", LARGE_JOB, "x"]);
  const silent = /have stored nothing for \d+ s; waiting|the servers store nothing more/;
  await within(PATIENCE_S, "silent", untilTold(place, silent), printed);
  console.log(`  the disk is full, and told so: ${seen.size} of ${jobs} printed`);
  place.emptyDisk();
  await place.killServer(0, 0);
  await tellRun(place, seen, jobs, await within(PATIENCE_S, "printed", printed));
}

async function untilTold(place: ProofQueue, text: RegExp): Promise<void> {
  while (!text.test(place.toldByWorker(0))) await pause(200);
}

/** @param over what must not happen before @throws Error if it takes longer */
async function within<T>(
  seconds: number,
  what: string,
  promise: Promise<T>,
  over?: Promise<unknown>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const fails = (why: string) => new Error(`not ${what}: ${why}`);
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(fails(`nothing in ${seconds} s`)), 1000 * seconds);
    void over?.then(() => reject(fails("all was printed before")));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function tellRun(
  place: ProofQueue,
  seen: NumbersSeen,
  jobs: number,
  seconds: number,
): Promise<void> {
  const { done, failed } = await place.run();
  console.log(
    `  ${jobs} jobs in ${seconds.toFixed(1)} s, ${Math.round(jobs / seconds)} jobs/s; ` +
      `${seen.size} printed, ${seen.again} of them again after a pool was killed; ` +
      `recorded: ${done} done, ${failed} failed`,
  );
  if (seen.size !== jobs || done !== jobs || failed !== 0) throw new Error("not as promised");
  if (seen.again > 0 && place.poolKills === 0) throw new Error("printed twice");
}

function numberOf(name: string, usual: number): number {
  const word = Deno.args.find((one) => one.startsWith(`--${name}=`));
  return word === undefined ? usual : Number(word.slice(name.length + 3));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
