// The environment of the proofs of queues.
import { impBinary } from "./programs.ts";
import { ProofChildren, signalTo } from "./queue_proof_children.ts";
import { descendants, nameOf } from "./queue_processes.ts";
import { lines, type NumbersSeen } from "./queue_proof_output.ts";
import {
  monitored,
  type ProofServer,
  proofServers,
  type ServerLimits,
  startServer,
} from "./queue_proof_servers.ts";

const imp = impBinary();
const JOBS = "IMP_default_JOBS";
const WAIT_MS = 60_000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export class ProofQueue implements AsyncDisposable {
  readonly servers: readonly ProofServer[];
  poolKills = 0;
  private readonly work = Deno.makeTempDirSync({ prefix: "imp-proof-" });
  readonly workers: Deno.ChildProcess[] = [];
  private readonly children = new ProofChildren();
  private over = false;
  private ending: Promise<void> | undefined;
  private current: Deno.ChildProcess | undefined;
  private runName = "";

  constructor(count: number, private readonly settings: ServerLimits = {}) {
    this.servers = proofServers(this.work, count, settings);
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.told);
  }

  get url(): string {
    return `nats://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  /** Starts the servers, and a queue. */
  async begin(...options: string[]): Promise<void> {
    for (const server of this.servers) await startServer(server, this.settings, this.children);
    await until("the queue", async () => {
      const words = [
        imp,
        "worker",
        "--on",
        this.url,
        "--allow-any",
        "--drain",
        "--ack-wait",
        "3s",
        ...options,
      ];
      const child = this.children.start(words, { stdout: "null", stderr: "null" });
      const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
      const { success } = await child.status;
      clearTimeout(timer);
      return success;
    });
  }

  /** A worker that ends is restarted, as a supervisor would. */
  addWorker(...options: string[]): void {
    const at = this.workers.length;
    const words = [imp, "worker", "--on", this.url, "--allow-any", ...options];
    const script = `exec "$@" 2>>"$0"`;
    const told = `${this.work}/told${at}`;
    const begin = () => {
      const child = this.children.start(["/bin/sh", "-c", script, told, ...words], {
        stdout: "null",
      });
      this.workers[at] = child;
      void child.status.then(({ signal }) => {
        if (this.over) return;
        setTimeout(() => this.over || begin(), signal === null ? 500 : 0);
      });
    };
    begin();
  }

  /** What a worker has written to stderr. */
  toldByWorker(at: number): string {
    return Deno.readTextFileSync(`${this.work}/told${at}`);
  }

  killWorker(at: number): void {
    signalTo(this.workers[at], "SIGKILL");
  }

  async stopWorker(at: number, ms: number): Promise<void> {
    const child = this.workers[at];
    signalTo(child, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, ms));
    signalTo(child, "SIGCONT");
  }

  async killServer(at: number, ms: number): Promise<void> {
    const server = this.servers[at];
    server.child!.kill("SIGKILL");
    await server.child!.status;
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (!this.over) await startServer(server, this.settings, this.children);
  }

  /** The server that leads the stream of jobs; any, if none is known. */
  async leader(): Promise<number> {
    for (const [at, { monitor }] of this.servers.entries()) {
      // deno-lint-ignore no-explicit-any
      const jsz: any = await monitored(monitor, "/jsz?streams=1&accounts=1");
      for (const { stream_detail = [] } of jsz?.account_details ?? []) {
        for (const { name, cluster } of stream_detail) {
          if (name === JOBS && cluster?.leader === `s${at}`) return at;
        }
      }
    }
    return 0;
  }

  items(count: number): string {
    const path = `${this.work}/items`;
    Deno.writeTextFileSync(path, Array.from({ length: count }, (_, i) => `${i + 1}\n`).join(""));
    return path;
  }

  /** Submits all jobs to the queue before any is printed: a killed pool has read only part of its input. */
  async poolByDetach(seen: NumbersSeen, items: string, ...command: string[]): Promise<number> {
    const began = performance.now();
    const args = ["pool", "-q", "--on", this.url, "--detach", "-a", items, "--", ...command];
    const child = this.children.start([imp, ...args], { stdout: "piped", stderr: "inherit" });
    const { stdout, success } = await child.output();
    if (!success) throw new Error("not submitted");
    const seconds = (performance.now() - began) / 1000;
    console.log(`  submitted in ${seconds.toFixed(1)} s`);
    this.runName = new TextDecoder().decode(stdout).trim();
    return seconds + await this.pool(seen, ["--attach", this.runName]);
  }

  /** Runs jobs; attaches again if the pool was killed. @returns seconds */
  async pool(seen: NumbersSeen, first: readonly string[]): Promise<number> {
    const began = performance.now();
    let words = first;
    for (;;) {
      const kills = this.poolKills;
      const status = await this.onePool(seen, words);
      if (this.over) return await new Promise(() => {});
      if (status.success) return (performance.now() - began) / 1000;
      const isOurs = this.poolKills > kills || status.code === 125;
      if (!isOurs) throw new Error(`the pool has ended with ${JSON.stringify(status)}`);
      if (status.code === 125) await new Promise((resolve) => setTimeout(resolve, 500));
      if (this.runName !== "") words = ["--attach", this.runName];
    }
  }

  /** Runs jobs whose output is discarded. @returns seconds */
  async silent(words: readonly string[]): Promise<number> {
    const began = performance.now();
    const args = [imp, "pool", "-q", "--on", this.url, ...words];
    const child = this.children.start(args, { stdout: "null", stderr: "inherit" });
    if (!(await child.status).success) throw new Error("a job has failed");
    return (performance.now() - began) / 1000;
  }

  killPool(): void {
    if (this.runName === "" || !this.current) return;
    this.poolKills++;
    signalTo(this.current, "SIGKILL");
  }

  /** Submits jobs to the queue and detaches. @returns the run */
  detached(command: readonly string[], count: number): string {
    const items = Array.from({ length: count }, (_, i) => String(i));
    const args = ["pool", "-q", "--on", this.url, "--detach", ...command, ":::", ...items];
    const { stdout } = new Deno.Command(imp, { args, stderr: "inherit" }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  }

  /** Waits until that many of its jobs have ended. */
  async untilDone(run: string, jobs: number): Promise<void> {
    await until(`the end of run ${run}`, async () => (await this.run(run)).done >= jobs);
  }

  async removeRun(run: string): Promise<void> {
    const args = ["runs", "remove", "--force", "--yes", "--on", this.url, run];
    await new Deno.Command(imp, { args, stderr: "inherit" }).output();
  }

  /** A pool with an endless input; a file records how much it has read. */
  endlessPool() {
    const script =
      `yes | { tee /dev/fd/3 | "$0" pool --on "$1" echo >/dev/null 2>"$2/told"; } 3>&1 | wc -c >"$2/read"`;
    const options = { stdout: "null", stderr: "inherit" } as const;
    const child = this.children.start(
      ["/bin/bash", "-c", script, imp, this.url, this.work],
      options,
    );
    const text = (name: string) => Deno.readTextFileSync(`${this.work}/${name}`);
    const pids = () => descendants(child.pid).filter((pid) => nameOf(pid).startsWith("imp"));
    return {
      worked: 0,
      pids,
      told: () => text("told"),
      read: () => text("read").trim(),
      end: async () => {
        for (const pid of pids().slice(0, 1)) Deno.kill(pid, "SIGKILL");
        await child.status;
      },
    };
  }

  /** The recorded state of the run. */
  async run(name = this.runName): Promise<{ done: number; failed: number }> {
    const args = ["runs", "--on", this.url, "--json", "list", name];
    const { stdout } = await new Deno.Command(imp, { args, stderr: "inherit" }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  }

  async untilWorkers(count: number): Promise<void> {
    await until(`${count} workers`, async () => {
      // deno-lint-ignore no-explicit-any
      const varz: any = await monitored(this.servers[0].monitor, "/varz");
      return varz?.connections >= count;
    });
  }

  /** How many of the workers' connections have sent more than a few messages. */
  async workersWithEnds(): Promise<number> {
    // deno-lint-ignore no-explicit-any
    const connz: any = await monitored(this.servers[0].monitor, "/connz?limit=1000");
    // deno-lint-ignore no-explicit-any
    return connz.connections.filter((one: any) => /worker/.test(one.name) && one.in_msgs > 10)
      .length;
  }

  /** Free bytes in the file system of the server's store, as the server sees it. */
  freeOnDisk(): number {
    const args = ["-f", "-c", "%a %S", this.disk];
    const { stdout } = new Deno.Command("stat", { args }).outputSync();
    const [blocks, size] = new TextDecoder().decode(stdout).split(" ").map(Number);
    return blocks * size;
  }

  /** Takes space on the disk. */
  fillDisk(bytes: number): void {
    Deno.writeFileSync(`${this.disk}/other`, new Uint8Array(bytes));
  }

  emptyDisk(): void {
    Deno.removeSync(`${this.disk}/other`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  /** The store as its server sees it. */
  private get disk(): string {
    const [{ store, disk }] = this.servers;
    return `/proc/${disk!.pid}/root${store}`;
  }

  private readonly told = () => void this.end().then(() => Deno.exit(143));

  /** A signal, and the failures it causes, wait for the same end. */
  private end(): Promise<void> {
    this.over = true;
    return this.ending ??= this.endAll();
  }

  private async endAll(): Promise<void> {
    await this.children.end();
    Deno.removeSync(this.work, { recursive: true });
    // Listeners of a place that has ended would end the proof before the next one has.
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.told);
  }

  private async onePool(seen: NumbersSeen, words: readonly string[]): Promise<Deno.CommandStatus> {
    const child = this.children.start([imp, "pool", "--on", this.url, ...words], {
      ...{ stdout: "piped", stderr: "piped" },
    });
    this.current = child;
    const told = lines(child.stderr, (line) => {
      const found = /imp pool: run (\S+) of queue/.exec(line);
      if (found) this.runName = found[1];
      else if (/^imp pool/.test(line) && !/connection|connected|jobs:/.test(line)) {
        console.log(`  ${line}`);
      }
    });
    await lines(child.stdout, (line) => seen.add(line));
    await told;
    return await child.status;
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + WAIT_MS; performance.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not there: ${what}`);
}
