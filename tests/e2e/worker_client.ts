// A hand-written client of `imp worker --stdio`: it can do what no pool would.
import { endedIn, type JobEnded, jobFrame } from "../../src/hosts/job_frames.ts";
import {
  frameText,
  HOST_FRAME,
  type HostFrame,
  hostFrame,
  HostFrames,
  jsonFrame,
  numberFrame,
} from "../../src/hosts/frames.ts";
import { GreetingFinder, type WorkerSetup } from "../../src/hosts/greeting.ts";
import { impBinary, type Sandbox, TAG } from "./harness.ts";

const encoder = new TextEncoder();

export class WorkerClient {
  readonly process: Deno.ChildProcess;
  readonly ended = new Map<number, JobEnded>();
  readonly returned = new Set<number>();
  readonly notes: string[] = [];
  failed = "";
  ready = false;
  /** Bytes of each job's stdout. */
  readonly bytes = new Map<number, number>();
  readonly text = new Map<number, string>();
  /** Whether incoming data is read, which gives credit. */
  reads = true;
  grants = true;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private readonly done: Promise<void>;

  constructor(box: Sandbox, words: readonly string[] = []) {
    this.process = new Deno.Command(impBinary(), {
      args: ["worker", "--stdio", ...words],
      cwd: box.directory,
      env: { IMP: impBinary(), [TAG]: box.tag },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.writer = this.process.stdin.getWriter();
    this.done = this.read();
  }

  setup(setup: Partial<WorkerSetup> = {}): Promise<void> {
    const termSteps = [[15, 500], [9, 0]] as const;
    return this.send(
      jsonFrame(HOST_FRAME.setup, {
        slots: "2",
        credit: 1 << 20,
        output: "group",
        termSteps,
        ...setup,
      }),
    );
  }

  job(id: number, words: readonly string[], timeout = 0): Promise<void> {
    return this.send(jobFrame(id, {
      ...{ seq: id, timeout, slot: 0, hasInput: false },
      words: words.map((word) => encoder.encode(word)),
    }));
  }

  async send(bytes: Uint8Array): Promise<void> {
    // It may have ended: the outcome is checked elsewhere.
    await this.writer.write(bytes).catch(() => {});
  }

  /** It sees the end of its input. */
  async leave(): Promise<void> {
    await this.writer.close().catch(() => {});
  }

  async close(): Promise<Deno.CommandStatus> {
    await this.send(hostFrame(HOST_FRAME.close));
    return await this.over();
  }

  async over(): Promise<Deno.CommandStatus> {
    await this.done;
    return await this.process.status;
  }

  private async read(): Promise<void> {
    const finder = new GreetingFinder();
    const frames = new HostFrames();
    let greeted = false;
    const reader = this.process.stdout.getReader();
    for (;;) {
      while (!this.reads) await new Promise((resolve) => setTimeout(resolve, 10));
      const { value, done } = await reader.read();
      if (done) return;
      const found = greeted ? { rest: value } : finder.push(value);
      if (!found) continue;
      greeted = true;
      frames.push(found.rest);
      for (let frame = frames.next(); frame; frame = frames.next()) await this.take(frame);
    }
  }

  private async take(frame: HostFrame): Promise<void> {
    const { type, job, payload } = frame;
    if (type === HOST_FRAME.ready) this.ready = true;
    else if (type === HOST_FRAME.failed) this.failed = frameText(frame);
    else if (type === HOST_FRAME.ended) this.ended.set(job, endedIn(frame));
    else if (type === HOST_FRAME.returned) this.returned.add(job);
    else if (type === HOST_FRAME.note) this.notes.push(frameText(frame));
    else if (type === HOST_FRAME.out) {
      this.bytes.set(job, (this.bytes.get(job) ?? 0) + payload.length);
      if (payload.length < 1000) this.text.set(job, (this.text.get(job) ?? "") + frameText(frame));
      if (this.grants) await this.send(numberFrame(HOST_FRAME.credit, payload.length));
    }
  }
}
