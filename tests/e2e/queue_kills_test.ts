// The promise of queues with real servers: each job that was acknowledged is executed at least once and its result is recorded exactly once,
// whoever is killed or stopped.
import { assert, assertEquals } from "@std/assert";
import {
  endIfThere,
  eventually,
  exists,
  impBinary,
  isAlive,
  rounds,
  type Sandbox,
} from "./harness.ts";
import { e2eWithNats, e2eWithNatsCluster, type NatsServer } from "./nats.ts";
import { drain, listed } from "./queue_run.ts";
import { randomNumbers } from "./random.ts";
import { SEED } from "../seed.ts";

const WORKER = ["--allow-any", "-j2", "--ack-wait", "1s", "--deliveries", "1000"];

const NO_SERVER = 125, MOST_CLIENTS = 100;

/** A run of numbered jobs under way. */
class Trial {
  private readonly workers: Deno.ChildProcess[] = [];
  private clients = 0;
  private client: Deno.ChildProcess | undefined;
  run = "";

  constructor(
    readonly box: Sandbox,
    readonly server: { readonly url: string },
    readonly jobs: number,
    private readonly seconds: string,
  ) {}

  async begin(workers: number, options: readonly string[] = []): Promise<void> {
    assertEquals((await drain(this.box, this.server, WORKER)).code, 0);
    for (let i = 0; i < workers; i++) this.addWorker();
    // Each job says that it has run, and prints its number.
    const job = `echo $1 >> ${this.box.path("ran")}; sleep ${this.seconds}; echo $1`;
    const items = Array.from({ length: this.jobs }, (_, i) => String(i + 1));
    this.startClient([...options, "sh", "-c", job, "x", "{}", ":::", ...items]);
    await eventually(async () => {
      const [found] = await listed(this.box, this.server);
      this.run = found?.run ?? "";
      return this.run !== "";
    }, "the run");
  }

  addWorker(): void {
    this.workers.push(this.box.start(["worker", "--on", this.server.url, ...WORKER]));
  }

  worker(at: number): Deno.ChildProcess {
    return this.workers[at % this.workers.length];
  }

  /** kill -9; another one takes its place. @param tree with everything below it */
  async killWorker(at: number, tree: boolean): Promise<void> {
    const [worker] = this.workers.splice(at % this.workers.length, 1);
    const below = tree ? descendants(worker.pid) : [];
    endIfThere(worker.pid);
    for (const pid of below) endIfThere(pid);
    await worker.status;
    this.addWorker();
  }

  async killClient(): Promise<void> {
    if (!this.client || !isAlive(this.client.pid)) return;
    this.client.kill("SIGKILL");
    await this.client.status;
    this.startClient(["--attach", this.run]);
  }

  /** Until everything is printed; then looks whether all is as promised. @param mayRepeat whether something may be printed twice */
  async end(mayRepeat: boolean): Promise<void> {
    const code = await this.clientEnd();
    assertEquals(code, 0);
    const printed = Array.from({ length: this.clients }, (_, i) => this.numbers(`out${i + 1}`))
      .flat();
    const all = Array.from({ length: this.jobs }, (_, i) => i + 1);
    assertEquals([...new Set(printed)].sort((a, b) => a - b), all, "each is printed");
    if (!mayRepeat) assertEquals(printed.length, this.jobs, "none is printed twice");
    assertEquals([...new Set(this.numbers("ran"))].length, this.jobs, "each has run");
    const found = await listed(this.box, this.server, "list", this.run);
    assertEquals([found[0].done, found[0].failed], [this.jobs, 0], JSON.stringify(found));
    for (const worker of this.workers) {
      if (isAlive(worker.pid)) worker.kill("SIGTERM");
      await worker.status;
    }
  }

  /** A worker that was started while the server was down has failed: it is started again, as its keeper would. */
  private async clientEnd(): Promise<number> {
    for (;;) {
      await eventually(() => {
        this.workers.forEach((worker, i) => {
          if (!isAlive(worker.pid)) this.workers.splice(i, 1), this.addWorker();
        });
        return !isAlive(this.client!.pid);
      }, "the pool to end");
      const { code } = await this.client!.status;
      if (code !== NO_SERVER || this.clients > MOST_CLIENTS) return code;
      this.startClient(["--attach", this.run]);
    }
  }

  private startClient(words: readonly string[]): void {
    const out = this.box.path(`out${++this.clients}`);
    const script = this.box.script(`client${this.clients}`, `#!/bin/sh\nexec "$@" > ${out}\n`);
    const binary = impBinary();
    this.client = new Deno.Command(script, {
      args: [binary, "pool", "-q", "--on", this.server.url, ...words],
      env: { IMP_TEST_TAG: this.box.tag },
      ...{ stdin: "null", stdout: "null", stderr: "inherit" },
    }).spawn();
  }

  private numbers(name: string): number[] {
    const text = Deno.readTextFileSync(this.box.path(name));
    return text.split("\n").filter(Boolean).map(Number);
  }
}

function descendants(pid: number): number[] {
  try {
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ");
    return children.filter(Boolean).map(Number).flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

e2eWithNats(
  "kill -9 of a worker: nothing of its jobs is left, others do them, each is printed once",
  async (box, server) => {
    const trial = new Trial(box, server, 40, "0.5");
    await trial.begin(2);
    await eventually(() => descendants(trial.worker(0).pid).length > 2, "jobs of the first worker");
    const below = descendants(trial.worker(0).pid);
    await trial.killWorker(0, false);
    await eventually(() => below.every((pid) => !isAlive(pid)), "its jobs to be ended");
    await trial.killWorker(0, true);
    await trial.end(false);
  },
);

e2eWithNats(
  "kill -9 of the pool: attached again, it prints what is missing",
  async (box, server) => {
    const trial = new Trial(box, server, 20, "0.1");
    await trial.begin(2);
    for (let i = 0; i < 3; i++) {
      await pause(300);
      await trial.killClient();
    }
    await trial.end(true);
  },
);

e2eWithNats("kill -9 of the server: all goes on when it is there again", async (box, server) => {
  const trial = new Trial(box, server, 20, "0.1");
  await trial.begin(2);
  for (let i = 0; i < 2; i++) {
    await pause(300);
    await server.kill();
    await server.start();
  }
  await trial.end(false);
});

e2eWithNats(
  "SIGSTOP of a worker beyond its ack wait: others do its jobs, each is recorded once",
  async (box, server) => {
    const trial = new Trial(box, server, 12, "0.2");
    await trial.begin(2);
    await pause(300);
    trial.worker(0).kill("SIGSTOP");
    await pause(2500);
    trial.worker(0).kill("SIGCONT");
    await trial.end(false);
  },
);

e2eWithNats(
  "--at-most-once: a job whose worker is lost has failed, and has not run twice",
  async (box, server) => {
    assertEquals((await drain(box, server, WORKER)).code, 0);
    const first = box.start(["worker", "--on", server.url, ...WORKER]);
    const ran = box.path("ran");
    const pool = box.imp([
      "pool",
      "--on",
      server.url,
      "--at-most-once",
      "sh",
      "-c",
      `echo $1 >> ${ran}; sleep 1000`,
      "x",
      "{}",
      ":::",
      "a",
    ]);
    await eventually(() => {
      try {
        return Deno.readTextFileSync(ran) === "a\n";
      } catch {
        return false;
      }
    }, "the job to begin");
    endIfThere(first.pid);
    await first.status;
    const second = box.start(["worker", "--on", server.url, ...WORKER]);
    const { code, stderr } = await pool;
    assertEquals(code, 1);
    assert(
      /its worker was lost, and --at-most-once forbids\s+a\s+second\s+run/.test(stderr),
      stderr,
    );
    assertEquals(Deno.readTextFileSync(ran), "a\n");
    second.kill("SIGTERM");
    await second.status;
  },
);

e2eWithNats(
  "--drain stays as long as another worker could lose a job, and does it then",
  async (box, server) => {
    assertEquals((await drain(box, server, WORKER)).code, 0);
    const first = box.start(["worker", "--on", server.url, ...WORKER]);
    const ran = box.path("ran");
    const job = `test -e ${ran} || { touch ${ran}; exec sleep 1000; }`;
    const pool = box.imp([
      "pool",
      "-q",
      "--on",
      server.url,
      "sh",
      "-c",
      job,
      "x",
      "{}",
      ":::",
      "a",
    ]);
    await eventually(() => exists(ran), "the job to begin");
    const second = box.start(["worker", "--on", server.url, "--drain", ...WORKER]);
    await eventually(
      async () => (await server.monitor("/connz?limit=10"))?.num_connections === 3,
      "the second worker",
    );
    endIfThere(first.pid);
    await first.status;
    assertEquals([(await second.status).code, (await pool).code], [0, 0]);
  },
);

e2eWithNats(`whatever is killed and stopped, whenever (seed ${SEED})`, async (box, server) => {
  const chance = randomNumbers(SEED);
  const trial = new Trial(box, server, rounds(60, 1000), "0.05");
  await trial.begin(3);
  for (let i = 0; i < rounds(6, 80); i++) {
    await pause(chance() * 600);
    await disturb(trial, server, chance);
  }
  await trial.end(true);
});

async function disturb(trial: Trial, server: NatsServer, chance: () => number): Promise<void> {
  const at = Math.floor(chance() * 3);
  const what = chance();
  if (what < 0.3) return await trial.killWorker(at, chance() < 0.5);
  if (what < 0.5) return await trial.killClient();
  if (what < 0.7) {
    await server.kill();
    await pause(chance() * 500);
    return await server.start();
  }
  const worker = trial.worker(at);
  worker.kill("SIGSTOP");
  await pause(chance() * 2000);
  worker.kill("SIGCONT");
}

e2eWithNatsCluster(
  "a cluster of three: kill -9 of the server that leads the jobs",
  async (box, cluster) => {
    const trial = new Trial(box, cluster, 20, "0.2");
    await trial.begin(2);
    await pause(500);
    const leader = await cluster.leaderOf("IMP_default_JOBS");
    await leader!.kill();
    await pause(1000);
    await leader!.start();
    await trial.end(false);
  },
);

e2eWithNatsCluster(
  "a cluster that chooses who leads is waited for, and that is reported",
  async (box, cluster) => {
    const [first, ...others] = cluster.servers;
    await drain(box, cluster);
    const detached = await box.imp([
      "pool",
      "-q",
      "--on",
      cluster.url,
      "--detach",
      "echo",
      ":::",
      "1",
    ]);
    const run = detached.stdout.trim();
    await drain(box, cluster);
    for (const server of others) server.signal("SIGSTOP");
    const asked = {
      attach: `pool --on ${first.url} --attach ${run}`,
      list: `runs --on ${first.url} list`,
      detach: `pool --on ${first.url} --detach true ::: 1`,
    };
    const ran = Object.entries(asked).map(([name, words]) =>
      box.sh(`"$IMP" ${words} >${name}.out 2>${name}.err`)
    );
    const text = (name: string) =>
      exists(box.path(name)) ? Deno.readTextFileSync(box.path(name)) : "";
    for (const name of Object.keys(asked)) {
      await eventually(
        () => /; waiting for it\n/.test(text(`${name}.err`)),
        () => text(`${name}.err`),
      );
    }
    for (const server of others) server.signal("SIGCONT");
    const codes = (await Promise.all(ran)).map(({ code }) => code);
    const told = Object.keys(asked).map((name) => text(`${name}.err`)).join("");
    assertEquals([codes, text("attach.out")], [[0, 0, 0], "1\n"], told);
  },
);
