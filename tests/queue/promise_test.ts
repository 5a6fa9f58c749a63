// The promise of queues against a simulated server: whatever is lost, late, killed or stopped, each acknowledged job is executed at
// least once and has one end; what must not run twice does not.
import { assert, assertEquals } from "@std/assert";
import { decodeEnd, encodeJob } from "../../src/queue/records.ts";
import { encodeRunSetup } from "../../src/queue/run_records.ts";
import { StreamCalls } from "../../src/queue/stream_calls.ts";
import type { TakenJob } from "../../src/queue/worker/held_job.ts";
import { type JobRunner, Taker } from "../../src/queue/worker/taker.ts";
import { USUAL_LANE } from "../../src/queue/lanes.ts";
import { Pulls } from "../../src/queue/worker/pulls.ts";
import { randomNumbers } from "../e2e/random.ts";
import { SimulatedClock, SimulatedLink, SimulatedServer } from "./simulated_server.ts";
import { SEED } from "../seed.ts";

const ACK_WAIT = 3000;
const RUN = "r1";
const NOTHING = new Uint8Array(0);

/** What has happened to jobs, by key, wherever they ran. */
class Seen {
  readonly begun = new Map<string, number>();
  readonly finished = new Map<string, string[]>();
}

/** A worker: it runs jobs by waiting, may lose them, and may be killed. */
class SimulatedWorker implements JobRunner {
  readonly taker: Taker;
  readonly link: SimulatedLink;
  private readonly pulls = new Pulls();
  private lives = 1;

  constructor(
    private readonly server: SimulatedServer,
    private readonly seen: Seen,
    id: string,
    private readonly trouble: () => boolean,
    once: { mostDeliveries: number },
  ) {
    this.link = new SimulatedLink(server, () => trouble() ? 0.03 : 0);
    const { streams, subjects } = server;
    const isFirst = ({ deliveries }: { deliveries: number }) => deliveries === 1;
    const room = () => Infinity;
    const settings = { streams, subjects, id, host: "h", pid: 1, room, slots: 4, isFirst, ...once };
    this.taker = new Taker(settings, new StreamCalls(this.link), this, () => this.pull());
    this.link.deliver = (message) => {
      this.pulls.came();
      this.taker.deliver(message);
    };
    this.pull();
    this.beat();
  }

  start(job: TakenJob): void {
    const { begun, finished } = this.seen;
    begun.set(job.key, (begun.get(job.key) ?? 0) + 1);
    const life = this.lives;
    const ms = this.server.chance() < 0.1 ? 2 * ACK_WAIT : this.server.chance() * 50;
    this.link.later(ms, () => {
      if (life !== this.lives) return;
      finished.set(job.key, [...finished.get(job.key) ?? [], job.attempt]);
      const ended = { ended: NOTHING, out: NOTHING, err: NOTHING, chunks: 0, firstChunk: 0 };
      this.taker.ended(job, { ...ended, at: 0, pid: 1 });
    });
    this.running.add(job);
  }

  cancel(): void {}

  private readonly running = new Set<TakenJob>();

  /** The child that runs jobs is killed. */
  loseJobs(): void {
    this.lives++;
    for (const job of this.running) this.taker.droppedJob(job, true);
    this.running.clear();
  }

  private pull(): void {
    this.pulls.expire(this.link.now());
    const count = 4 - this.taker.busy - this.pulls.owed;
    if (count <= 0) return;
    this.pulls.asked(count, this.link.now() + 6000);
    this.link.publish("pull", new TextEncoder().encode(String(count)));
  }

  private beat(): void {
    this.link.later(ACK_WAIT / 3, () => {
      this.taker.beat();
      this.pull();
      this.beat();
    });
  }
}

/** @returns what became of it, once all jobs have ended */
function play(seed: number, { once = false, mostDeliveries = Infinity, jobs = 60 } = {}) {
  const chance = randomNumbers(seed);
  const clock = new SimulatedClock();
  const server = new SimulatedServer(clock, chance, "q", ACK_WAIT);
  const setup = {
    run: RUN,
    created: 0,
    user: "u",
    host: "h",
    command: "c",
    lane: USUAL_LANE,
    setup: {},
  };
  server.runs.set(server.subjects.run(RUN, "setup"), encodeRunSetup(setup));
  const seen = new Seen();
  let troubled = true, next = 0;
  const trouble = () => troubled;
  const begin = () => new SimulatedWorker(server, seen, `w${next++}`, trouble, { mostDeliveries });
  const workers = [begin(), begin(), begin()];
  const client = new SimulatedLink(server, () => troubled ? 0.03 : 0);
  const calls = new StreamCalls(client);
  const acknowledged = new Set<string>();
  for (let seq = 1; seq <= jobs; seq++) {
    const key = String(seq);
    const data = encodeJob({ once, hasInput: false, job: NOTHING, input: NOTHING });
    client.later(chance() * 10_000, () => {
      const subject = server.subjects.job(RUN, key);
      calls.keep({ subject, data, id: `job.${key}` }, () => acknowledged.add(key));
    });
  }
  const disturb = () => {
    if (!troubled) return;
    const at = Math.floor(chance() * workers.length);
    const what = chance();
    if (what < 0.4) {
      workers[at].link.dead = true;
      workers[at] = begin();
    } else if (what < 0.7) workers[at].link.stop(chance() * 3 * ACK_WAIT);
    else workers[at].loseJobs();
    clock.at(clock.now + 200 + chance() * 1500, disturb);
  };
  clock.at(500, disturb);
  clock.at(15_000, () => {
    troubled = false;
    // The client may have been killed while nothing was acknowledged.
    if (chance() < 0.3) client.dead = true;
  });
  const ends = () => [...server.results].filter(([subject]) => subject.includes(".end."));
  const isOver = () =>
    clock.now > 16_000 && server.jobs.size === 0 &&
    (client.dead || acknowledged.size === jobs);
  const over = clock.runUntil(isOver, 300_000);
  return { over, seen, server, acknowledged, ends: ends() };
}

const SEEDS = 40;
Deno.test(`a queue: each acknowledged job is executed and has one end (seed ${SEED})`, () => {
  for (let seed = SEED; seed < SEED + SEEDS; seed++) {
    const { over, seen, server, acknowledged, ends } = play(seed);
    assert(over, `seed ${seed}: not over, ${server.jobs.size} jobs are left`);
    assertEquals(server.broken, [], `seed ${seed}: acknowledged before its end was recorded`);
    const byKey = new Map(
      ends.map(([subject, { data }]) => [subject.split(".")[4], decodeEnd(data)!]),
    );
    for (const key of acknowledged) {
      const end = byKey.get(key);
      if (!end) throw new Error(`seed ${seed}: job ${key} has no end`);
      assertEquals(end.how, "ran");
      assert(seen.finished.get(key)?.includes(end.attempt), `seed ${seed}: job ${key} did not run`);
    }
  }
});

Deno.test(`a queue: what must not run twice is begun once, or lost (seed ${SEED})`, () => {
  for (let seed = SEED; seed < SEED + SEEDS; seed++) {
    const { over, seen, server, acknowledged, ends } = play(seed, { once: true });
    assert(over, `seed ${seed}: not over`);
    assertEquals(server.broken, [], `seed ${seed}`);
    for (const [key, begun] of seen.begun) assertEquals(begun, 1, `seed ${seed}: job ${key}`);
    const hows = ends.map(([, { data }]) => decodeEnd(data)!.how);
    assert(hows.every((how) => how === "ran" || how === "lost"), `seed ${seed}: ${hows}`);
    assert(ends.length >= acknowledged.size, `seed ${seed}`);
  }
});

Deno.test(`a queue: a job that was given to workers too often has an end that says so (seed ${SEED})`, () => {
  for (let seed = SEED; seed < SEED + SEEDS; seed++) {
    const { over, server, acknowledged, ends } = play(seed, { mostDeliveries: 1 });
    assert(over, `seed ${seed}: not over`);
    assertEquals(server.broken, [], `seed ${seed}`);
    assert(ends.length >= acknowledged.size, `seed ${seed}`);
  }
});
