// What the proofs of queues run on.
import { impBinary } from "./programs.ts";
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

/** Which numbers were printed, and how often. */
export class NumbersSeen {
  private readonly seen = new Set<number>();
  again = 0;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.seen.size;
  }

  add(line: string): void {
    const number = Number(line);
    if (!(number >= 1 && number <= this.most)) throw new Error(`printed: ${JSON.stringify(line)}`);
    if (this.seen.has(number)) this.again++;
    this.seen.add(number);
  }
}

export class ProofQueue implements AsyncDisposable {
  readonly servers: readonly ProofServer[];
  poolKills = 0;
  private readonly work = Deno.makeTempDirSync({ prefix: "imp-proof-" });
  private readonly workers: Deno.ChildProcess[] = [];
  private over = false;
  private current: Deno.ChildProcess | undefined;
  private runName = "";

  constructor(count: number, private readonly settings: ServerLimits = {}) {
    this.servers = proofServers(this.work, count, settings);
  }

  get url(): string {
    return `nats://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  /** Servers that answer, and a queue. */
  async begin(): Promise<void> {
    for (const server of this.servers) startServer(server, this.settings);
    await until("the queue", async () => {
      const args = ["worker", "--on", this.url, "--allow-any", "--drain", "--ack-wait", "3s"];
      const child = new Deno.Command(imp, { args, stdout: "null", stderr: "null" }).spawn();
      const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
      const { success } = await child.status;
      clearTimeout(timer);
      return success;
    });
  }

  /** Whenever it ends it is started again, as whoever keeps it would. */
  addWorker(...options: string[]): void {
    const at = this.workers.length;
    const args = ["worker", "--on", this.url, "--allow-any", ...options];
    const begin = () => {
      const child = new Deno.Command(imp, { args, stdout: "null", stderr: "null" }).spawn();
      this.workers[at] = child;
      void child.status.then(({ signal }) => {
        if (this.over) return;
        setTimeout(() => this.over || begin(), signal === null ? 500 : 0);
      });
    };
    begin();
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
    startServer(server, this.settings);
  }

  /** Which server leads the stream of jobs; any, where none says so. */
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

  /** Gives all jobs to the queue before any is printed: a pool that is killed has read a part of its input. */
  async poolByDetach(seen: NumbersSeen, items: string, ...command: string[]): Promise<number> {
    const began = performance.now();
    const args = ["pool", "-q", "--on", this.url, "--detach", "-a", items, "--", ...command];
    const { stdout, success } = await new Deno.Command(imp, { args, stderr: "inherit" }).output();
    if (!success) throw new Error("not submitted");
    const seconds = (performance.now() - began) / 1000;
    console.log(`  submitted in ${seconds.toFixed(1)} s`);
    this.runName = new TextDecoder().decode(stdout).trim();
    return seconds + await this.pool(seen, ["--attach", this.runName]);
  }

  /** Runs jobs; attaches again where the pool was killed. @returns seconds */
  async pool(seen: NumbersSeen, first: readonly string[]): Promise<number> {
    const began = performance.now();
    let words = first;
    for (;;) {
      const kills = this.poolKills;
      const status = await this.onePool(seen, words);
      if (status.success) return (performance.now() - began) / 1000;
      const isOurs = this.poolKills > kills || status.code === 125;
      if (!isOurs) throw new Error(`the pool has ended with ${JSON.stringify(status)}`);
      if (status.code === 125) await new Promise((resolve) => setTimeout(resolve, 500));
      if (this.runName !== "") words = ["--attach", this.runName];
    }
  }

  killPool(): void {
    if (this.runName === "" || !this.current) return;
    this.poolKills++;
    signalTo(this.current, "SIGKILL");
  }

  /** Gives jobs to the queue and leaves. @returns the run */
  detached(command: readonly string[], count: number): string {
    const items = Array.from({ length: count }, (_, i) => String(i));
    const args = ["pool", "-q", "--on", this.url, "--detach", ...command, ":::", ...items];
    const { stdout } = new Deno.Command(imp, { args, stderr: "inherit" }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  }

  async removeRun(run: string): Promise<void> {
    const args = ["runs", "remove", "--force", "--yes", "--on", this.url, run];
    await new Deno.Command(imp, { args, stderr: "inherit" }).output();
  }

  /** A pool whose input does not end, into a file that tells how much it has read. */
  endlessPool() {
    const script =
      `yes | { tee /dev/fd/3 | "$0" pool --on "$1" echo >/dev/null 2>"$2/told"; } 3>&1 | wc -c >"$2/read"`;
    const child = new Deno.Command("/bin/bash", {
      args: ["-c", script, imp, this.url, this.work],
      ...{ stdin: "null", stdout: "null", stderr: "inherit" },
    }).spawn();
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

  /** What is recorded of the run. */
  async run(): Promise<{ done: number; failed: number }> {
    const args = ["runs", "--on", this.url, "--json", "list", this.runName];
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

  /** How many of the workers' connections have brought more than a few messages. */
  async workersWithEnds(): Promise<number> {
    // deno-lint-ignore no-explicit-any
    const connz: any = await monitored(this.servers[0].monitor, "/connz?limit=1000");
    // deno-lint-ignore no-explicit-any
    return connz.connections.filter((one: any) => /worker/.test(one.name) && one.in_msgs > 10)
      .length;
  }

  rssOf(pid: number): number {
    try {
      const text = Deno.readTextFileSync(`/proc/${pid}/status`);
      return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    } catch {
      return 0;
    }
  }

  /** Bytes of blocks that nobody has, as the server sees its store. */
  freeOnDisk(): number {
    const path = `/proc/${this.servers[0].pid}/root${this.servers[0].store}`;
    const { stdout } = new Deno.Command("stat", { args: ["-f", "-c", "%a %S", path] }).outputSync();
    const [blocks, size] = new TextDecoder().decode(stdout).split(" ").map(Number);
    return blocks * size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over = true;
    for (const child of this.workers) signalTo(child, "SIGCONT", "SIGTERM");
    await Promise.all(this.workers.map(({ status }) => status));
    for (const { child } of this.servers) signalTo(child!, "SIGTERM");
    await Promise.all(this.servers.map(({ child }) => child!.status));
    Deno.removeSync(this.work, { recursive: true });
  }

  private async onePool(seen: NumbersSeen, words: readonly string[]): Promise<Deno.CommandStatus> {
    const args = ["pool", "--on", this.url, ...words];
    const child = new Deno.Command(imp, { args, stdout: "piped", stderr: "piped" }).spawn();
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

/** Whole lines; what a kill has cut off is none. */
async function lines(
  stream: ReadableStream<Uint8Array>,
  line: (text: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    parts.forEach(line);
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + WAIT_MS; performance.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not there: ${what}`);
}

function descendants(pid: number): number[] {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    return text.split(" ").filter(Boolean).map(Number).flatMap((one) => [one, ...descendants(one)]);
  } catch {
    return [];
  }
}

function nameOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}

function signalTo(child: Deno.ChildProcess, ...signals: Deno.Signal[]): void {
  for (const signal of signals) {
    try {
      child.kill(signal);
    } catch {
      // It has ended.
    }
  }
}
