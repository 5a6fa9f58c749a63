// Files of jobs between a client, in this process, and imp worker --stdio.
import { assert, assertEquals } from "@std/assert";
import { ClientFiles, type JobFiles } from "../../src/hosts/files/client_files.ts";
import { pathOfPlace, returnedFile, sentFile } from "../../src/hosts/files/places.ts";
import { HOST_FRAME, hostFrame, HostFrames, jsonFrame } from "../../src/hosts/frames.ts";
import { GreetingFinder } from "../../src/hosts/greeting.ts";
import { endedIn, type JobEnded, jobFrame } from "../../src/hosts/job_frames.ts";
import { e2e, eventually, impBinary, type Sandbox } from "./harness.ts";
import { tree } from "../hosts/files/tree_names.ts";

interface Answer extends JobEnded {
  readonly out: string;
  readonly trouble?: string;
}

/** A client that runs a worker, its directory `there`, and sends from `here`. */
class Client {
  readonly files = new ClientFiles();
  readonly answers = new Map<number, Answer>();
  private readonly frames = new HostFrames();
  private readonly child: Deno.ChildProcess;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private readonly outputs = new Map<number, string>();

  constructor(private readonly box: Sandbox) {
    for (const name of ["here", "there"]) Deno.mkdirSync(box.path(name), { recursive: true });
    this.child = new Deno.Command(impBinary(), {
      args: ["worker", "--stdio"],
      cwd: box.path("there"),
      env: { IMP_TEST_TAG: box.tag, HOME: box.path("there") },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.writer = this.child.stdin.getWriter();
    const setup = { slots: "2", output: "group", credit: 1 << 20, termSteps: [[15, 1000], [9, 0]] };
    this.send(jsonFrame(HOST_FRAME.setup, { ...setup, files: true }));
    void this.listen();
  }

  get pid(): number {
    return this.child.pid;
  }

  here(name: string): string {
    return this.box.path(`here/${name}`);
  }

  there(name: string): string {
    return this.box.path(`there/${name}`);
  }

  run(
    job: number,
    script: string,
    files: Partial<JobFiles["host"]> & { send?: string[]; get?: string[] },
  ): void {
    const sent = (files.send ?? []).map((path) => sentFile(this.here(`./${path}`)));
    const returned = (files.get ?? []).map((path) => returnedFile(this.here(`./${path}`)));
    const host = {
      ...{ workdir: "", own: false, cleanup: true, stays: false },
      ...files,
      sent: sent.map(({ path, place }) => ({ place: pathOfPlace(place), source: path })),
      returned: returned.map(({ place }) => pathOfPlace(place)),
    };
    // Not before earlier messages have gone: files are sent after them.
    this.pumped = this.pumped.then(() =>
      this.writer.write(this.files.begin(job, { host, sent, returned }))
    );
    const words = ["/bin/sh", "-c", script].map((word) => new TextEncoder().encode(word));
    this.send(jobFrame(job, { seq: job, timeout: 0, slot: 0, hasInput: false, words }));
    this.pump();
  }

  cancel(job: number): void {
    this.send(hostFrame(HOST_FRAME.cancel, job));
  }

  async answer(job: number): Promise<Answer> {
    await eventually(() => this.answers.has(job), `an answer to job ${job}`);
    return this.answers.get(job)!;
  }

  /** @returns what is left in the worker's directory */
  async close(): Promise<string[]> {
    this.send(hostFrame(HOST_FRAME.close));
    const { code } = await this.child.status;
    assertEquals(code, 0);
    return this.left();
  }

  async kill(signal: Deno.Signal): Promise<string[]> {
    this.child.kill(signal);
    await this.child.status;
    return this.left();
  }

  /** The connection ends. */
  async drop(): Promise<string[]> {
    await this.writer.abort().catch(() => {});
    await this.child.status;
    this.files.close();
    return this.left();
  }

  private left(): string[] {
    return tree(this.box.path("there"));
  }

  private pumped: Promise<void> = Promise.resolve();

  /** One after the other, and not more ahead than a pipe takes. */
  private pump(): void {
    this.pumped = this.pumped.then(async () => {
      const frames: Uint8Array[] = [];
      const queue = {
        get size() {
          return frames.reduce((size, { length }) => size + length, 0);
        },
        push: (frame: Uint8Array) => void frames.push(frame),
      };
      while (this.files.hasMore) {
        this.files.fill(queue);
        for (const frame of frames.splice(0)) await this.writer.write(frame);
      }
    }).catch(() => {});
  }

  private send(frame: Uint8Array): void {
    this.pumped = this.pumped.then(() => this.writer.write(frame)).catch(() => {});
  }

  private async listen(): Promise<void> {
    const finder = new GreetingFinder();
    let greeted = false;
    for await (const chunk of this.child.stdout) {
      if (greeted) this.frames.push(chunk);
      else {
        const found = finder.push(chunk);
        if (!found) continue;
        greeted = true;
        this.frames.push(found.rest);
      }
      for (let frame = this.frames.next(); frame; frame = this.frames.next()) this.hear(frame);
      this.pump();
    }
  }

  private hear(frame: Parameters<typeof endedIn>[0]): void {
    const { type, job, payload } = frame;
    if (type === HOST_FRAME.file) this.files.take(job, payload);
    if (type === HOST_FRAME.out) {
      this.outputs.set(job, (this.outputs.get(job) ?? "") + new TextDecoder().decode(payload));
    }
    if (type !== HOST_FRAME.ended) return;
    const trouble = this.files.trouble(job)?.text;
    this.files.end(job);
    this.answers.set(job, { ...endedIn(frame), out: this.outputs.get(job) ?? "", trouble });
  }
}

e2e("worker: a job's file comes, its result goes, nothing is left", async (box) => {
  const client = new Client(box);
  Deno.writeTextFileSync(client.here("x"), "text");
  client.run(1, "exit 3", { send: ["x"], get: ["y"], workdir: "w" });
  client.run(2, "cat x; echo $PWD", { send: ["x"], own: true });
  const [one, two] = [await client.answer(1), await client.answer(2)];
  assertEquals(one.status, 3 << 8);
  assertEquals(one.trouble, `cannot read y: ENOENT (no such file or directory)`);
  assert(/^text.*\/there\/\.imp\/tmp\/[^/]+\/2$/.test(two.out.trim()), two.out);
  client.run(3, "tr a-z A-Z <x >y", { send: ["x"], get: ["y"], workdir: "w" });
  assertEquals((await client.answer(3)).trouble, undefined);
  assertEquals(Deno.readTextFileSync(client.here("y")), "TEXT");
  assertEquals(await client.close(), []);
});

e2e("worker: a job without its file is not started", async (box) => {
  const client = new Client(box);
  client.run(1, "touch started", { send: ["none"] });
  client.run(2, "touch started", { workdir: "/proc/none" });
  const [one, two] = [await client.answer(1), await client.answer(2)];
  const none = `cannot read ${client.here("./none")}: ENOENT (no such file or directory)`;
  assertEquals([one.how, one.status, one.why, one.trouble], ["not started", 2, none, none]);
  const place = "cannot make the work directory /proc/none: ENOENT (no such file or directory)";
  assertEquals([two.how, two.why], ["not started", place]);
  assertEquals(await client.close(), []);
});

e2e(
  "worker: whatever ends it, what is half is not there, and what was to be removed is",
  async (box) => {
    for (const [i, end] of (["close", "drop", "term", "kill"] as const).entries()) {
      const client = new Client(box);
      Deno.writeFileSync(client.here("large"), new Uint8Array(30 << 20));
      client.run(1, "echo > y; sleep 900", { send: ["large"], get: ["y"], workdir: `w${i}` });
      client.run(2, "echo > y; sleep 900", { own: true });
      client.run(3, "true", { send: ["large"], get: ["y"], workdir: `v${i}` });
      await eventually(
        () => tree(box.path("there")).some((name) => name.endsWith("/y")),
        "jobs that run",
      );
      if (end === "close") client.cancel(0);
      const left = await (end === "close"
        ? client.close()
        : end === "drop"
        ? client.drop()
        : client.kill("SIGTERM"));
      assertEquals(left, [], end);
    }
  },
);

e2e("worker: large files go both ways with bounded memory", async (box) => {
  const client = new Client(box);
  const size = 150 << 20;
  await box.run(["truncate", "-s", `${size}`, client.here("large")]);
  client.run(1, "cp large copy; grep VmHWM /proc/$PPID/status", { send: ["large"], get: ["copy"] });
  const { trouble, out } = await client.answer(1);
  assertEquals(trouble, undefined);
  assertEquals(Deno.statSync(client.here("copy")).size, size);
  const peak = Number(/\d+/.exec(out)![0]) / 1024;
  assert(peak < 120, `${peak} MiB`);
  assertEquals(await client.close(), []);
});
