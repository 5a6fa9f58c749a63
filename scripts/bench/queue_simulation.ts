// Simulates a queue with more workers than a machine has: a server that needs a fixed time per message, and workers
// that ask it for jobs as imp's do. No process is started. Shows which limit is reached first.
// Usage: scripts/bench/run queue_simulation [--workers=N] [--jobs=N] [--message=MICROSECONDS]
import { NumberRanges } from "../../src/queue/ranges.ts";
import { encodeRunSettled } from "../../src/queue/run_records.ts";
import { TakingPace } from "../../src/queue/worker/pace.ts";
import { Pulls } from "../../src/queue/worker/pulls.ts";

const WORKERS = numberOf("workers", 10_000);
const JOBS = numberOf("jobs", 10_000_000);
/**
 * CPU time of the server that leads the jobs, per message in or out; measured: nats-server in
 * scripts/bench/queue_jobs.ts.
 */
const MESSAGE_MS = numberOf("message", 20) / 1000;
/** Messages per job: submitted, delivered, its end, acknowledged, and three answers; a request for jobs is one more. */
const GIVEN = 2, ENDED = 4;
const WAY_MS = 0.2;
const BEAT_MS = 5000;
/** Jobs of a run that its pool keeps in the queue. */
const WINDOW = numberOf("window", 2 * WORKERS);
const SETTLED_EVERY_MS = 20;

/** Events by time: what happens, and to which worker. */
class Events {
  private times = new Float64Array(1 << 16);
  private what = new Uint32Array(1 << 16);
  size = 0;

  push(time: number, what: number): void {
    if (this.size === this.times.length) this.grow();
    let at = this.size++;
    for (; at > 0; at = (at - 1) >> 1) {
      const above = (at - 1) >> 1;
      if (this.times[above] <= time) break;
      this.put(at, this.times[above], this.what[above]);
    }
    this.put(at, time, what);
  }

  /** @returns [time, what] */
  pop(): [number, number] {
    const first: [number, number] = [this.times[0], this.what[0]];
    const time = this.times[--this.size], what = this.what[this.size];
    let at = 0;
    for (let below = 1; below < this.size; below = 2 * at + 1) {
      if (below + 1 < this.size && this.times[below + 1] < this.times[below]) below++;
      if (this.times[below] >= time) break;
      this.put(at, this.times[below], this.what[below]);
      at = below;
    }
    this.put(at, time, what);
    return first;
  }

  private put(at: number, time: number, what: number): void {
    this.times[at] = time;
    this.what[at] = what;
  }

  private grow(): void {
    const { times, what } = this;
    this.times = new Float64Array(2 * times.length);
    this.what = new Uint32Array(2 * what.length);
    this.times.set(times);
    this.what.set(what);
  }
}

class Worker {
  readonly pulls = new Pulls();
  readonly pace = new TakingPace(1);
  /** The numbers of its jobs: the first one runs. */
  readonly jobs: number[] = [];
  idleSince = 0;
}

const COME = 0, END = 1, KINDS = 2;

/** @param ms of a job, half as much more or less */
function simulate(ms: number, jobs: number) {
  const events = new Events();
  const workers = Array.from({ length: WORKERS }, () => new Worker());
  const coming = workers.map((): number[] => []);
  const settled = new NumberRanges();
  let given = 0, ended = 0, serverFree = 0, serverBusy = 0, idle = 0, now = 0, held = 0;
  let mostOpen = 0, open = 0, latest = 0, recordBytes = 0, nextRecord = 0;
  let waiting: number[] = [];
  const serve = (messages: number) => {
    serverFree = Math.max(now, serverFree) + messages * MESSAGE_MS;
    serverBusy += messages * MESSAGE_MS;
    latest = Math.max(latest, serverFree - now);
  };
  const give = (at: number) => {
    serve(GIVEN);
    coming[at].push(++given);
    events.push(serverFree + WAY_MS, at * KINDS + COME);
  };
  const ask = (at: number) => {
    const { pulls, pace, jobs: mine } = workers[at];
    const count = 1 + pace.ahead - mine.length - pulls.owed;
    if (count <= pace.ahead / 2) return;
    pulls.asked(count, Infinity);
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    serve(1);
    for (let i = 0; i < count; i++) waiting.push(at);
  };
  /** The pool keeps this many jobs in the queue, and no more. */
  const fill = () => {
    let taken = 0;
    while (taken < waiting.length && given < jobs && given - ended < WINDOW) give(waiting[taken++]);
    if (taken > 0) waiting = waiting.slice(taken);
  };
  const begin = (at: number) => {
    const worker = workers[at];
    idle += now - worker.idleSince;
    events.push(now + ms * (0.5 + Math.random()), at * KINDS + END);
  };
  workers.forEach((_, at) => ask(at));
  fill();
  while (ended < jobs) {
    const [time, what] = events.pop();
    now = time;
    const at = Math.floor(what / KINDS), worker = workers[at];
    if (what % KINDS === COME) {
      const before = worker.pulls.requests;
      worker.pulls.came();
      open -= before - worker.pulls.requests;
      worker.jobs.push(coming[at].shift()!);
      held++;
      if (worker.jobs.length === 1) begin(at);
    } else {
      settled.add(worker.jobs.shift()!);
      held--;
      ended++;
      worker.pace.ended(ms);
      worker.idleSince = now;
      serve(ENDED);
      if (worker.jobs.length > 0) begin(at);
    }
    ask(at);
    fill();
    if (now < nextRecord) continue;
    // The largest of many is found, without creating each.
    nextRecord = now + 50 * SETTLED_EVERY_MS;
    recordBytes = Math.max(recordBytes, encodeRunSettled({ settled, failed: 0, status: 0 }).length);
    serverBusy += held / BEAT_MS * 50 * SETTLED_EVERY_MS * MESSAGE_MS;
  }
  return {
    "jobs/s": Math.round(ended / now * 1000),
    "server busy": `${Math.round(100 * serverBusy / now)}%`,
    "workers idle": `${Math.round(100 * idle / now / WORKERS)}%`,
    "server late, ms": Math.round(latest),
    "requests open": mostOpen,
    "record of what is printed, KiB": Math.round(recordBytes / 1024),
  };
}

console.log(
  `${WORKERS} workers, ${1000 * MESSAGE_MS} µs for a message, ${WINDOW} jobs in the queue at most`,
);
const rows: Record<string, ReturnType<typeof simulate>> = {};
for (const ms of [10, 1000, 10_000, 60_000]) {
  // The whole number of jobs if they are short; otherwise enough for a hundred per worker.
  const jobs = ms === 1000 ? JOBS : Math.min(JOBS, 100 * WORKERS);
  rows[`${jobs} jobs of ${ms} ms`] = simulate(ms, jobs);
}
console.table(rows);

function numberOf(name: string, usual: number): number {
  const word = Deno.args.find((one) => one.startsWith(`--${name}=`));
  return word === undefined ? usual : Number(word.slice(name.length + 3));
}
